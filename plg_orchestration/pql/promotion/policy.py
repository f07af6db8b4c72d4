"""The limits of the promotion gates, who may say yes, and when a champion is taken back."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from plg_orchestration.config.section import Section
from plg_orchestration.pql.numbers import AtLeastOne, Days, Share

Mode = Literal["automatic", "manual", "shadow"]
"""`automatic`: the gates decide. `manual`: a person approves as well. `shadow`: challengers only score beside the champion."""


class ApprovalPolicy(Section):
    """Where approvals stand (`file`, beside plg.yaml) and how long one holds; who needs a second person: `governance.actions`."""

    file: str
    valid_days: AtLeastOne


class RollbackPolicy(Section):
    """When live outcomes take a champion back: its live false discovery rate is surely over what the gate saw plus `margin`.

    A champion whose threshold was chosen for precision is held against `precision_limit` instead. Judged on leads whose outcome
    window is over, from `min_accounts` accounts on.
    """

    margin: Share
    precision_limit: Share
    min_accounts: AtLeastOne


class PromotionPolicy(Section):
    """The limits of the promotion gates; `stale_days` is the age at which an incumbent need only be matched.

    `evidence_days` is how long a challenger's figures may wait for an approval, `shadow_days` how long a shadow stands before the
    next one takes its place, `best_since` the day before which former champions are no yardstick any more.
    """

    mode: Mode
    min_test_rows: AtLeastOne
    min_test_positives: AtLeastOne
    freshness_days: Days
    test_age_days: Days
    coverage: Share
    permutation_p: Share
    lift: float
    non_inferiority: Share
    calibration_error: Share
    stability: Annotated[float, Field(gt=0)]
    min_stability_rows: AtLeastOne
    cooldown_days: Days
    stale_days: Days
    evidence_days: Days
    shadow_days: AtLeastOne
    best_since: dt.date | None = None
    approval: ApprovalPolicy
    rollback: RollbackPolicy
