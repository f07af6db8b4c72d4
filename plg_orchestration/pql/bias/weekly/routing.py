"""The audit of routing outcomes: how the leads of a group fared with teams, and whether sales turned one away in some period."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.bias.attributes import UNKNOWN, parts
from plg_orchestration.pql.bias.contrasts import audit_bias
from plg_orchestration.pql.bias.weekly.queries import complete_before, lead_answers, routed_leads
from plg_orchestration.pql.bias.weekly.scan import Found, reasons_given, scan, strata_of, week_places
from plg_orchestration.pql.bias.weekly.tables import ROUTING_BIAS
from plg_orchestration.pql.mitigation.method import groups_of
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.training.metrics import Codes, Flags
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

MOST_REASONS = 3
WEEK = dt.timedelta(days=7)


def routing_bias(warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> pd.DataFrame:
    """Rows of `pql.routing_bias` for the night. Without a CRM source there are no answers and no service levels."""
    parts: list[pd.DataFrame] = []
    if warehouse.exists("pql.sla"):
        leads = warehouse.frame(routed_leads(as_of=as_of, policy=policy, target=target))
        parts += list(_of_leads(leads, policy))
    answers = warehouse.frame(lead_answers(as_of=as_of, policy=policy, target=target))
    if not answers.empty:
        parts += list(_of_answers(answers, as_of.date, policy))
    names = list(ROUTING_BIAS.column_names)
    if not parts:
        return pd.DataFrame(columns=names, dtype=object)
    made = pd.concat(parts, ignore_index=True).assign(as_of=as_of.date, target=target)
    return made.reindex(columns=names).astype(object)


def _of_leads(leads: pd.DataFrame, policy: PqlPolicy) -> Iterator[pd.DataFrame]:
    for metric in ("held_back", "left_alone", "sla_breached"):
        known = leads[leads["breached"].notna()] if metric == "sla_breached" else leads
        if len(known):
            event = known["breached" if metric == "sla_breached" else metric].astype(bool)
            yield _contrasts(known, event, metric, policy, first=known["first_on"].min(), last=known["last_on"].max())
    contacted = leads[leads["hours_to_contact"].notna()]
    if len(contacted):
        hours = contacted["hours_to_contact"].astype(float)
        window = {"first": contacted["first_on"].min(), "last": contacted["last_on"].max()}
        yield _contrasts(contacted, hours > 0, "hours_to_contact", policy, score=hours, **window)


def _contrasts(
    rows: pd.DataFrame, event: pd.Series, metric: str, policy: PqlPolicy, *, first: object, last: object,
    score: pd.Series | None = None,
) -> pd.DataFrame:  # fmt: skip
    """The contrasts of the share of `event`, or of the mean of `score`, for every audited attribute."""
    predictions = rows.assign(label=False, selected=event, score=0.0 if score is None else score)
    declared = [a.attribute for a in policy.bias.attributes]
    found = audit_bias(predictions, attributes=declared, policy=policy.weekly_bias.sparing(policy.bias))
    found = found[found["metric"] == ("selection_rate" if score is None else "mean_score")]
    days = (pd.Timestamp(str(day)).date() for day in (first, last))
    return found.assign(metric=metric, period="window", **dict(zip(("first_on", "last_on"), days, strict=True)))


def _of_answers(answers: pd.DataFrame, day: dt.date, policy: PqlPolicy) -> Iterator[pd.DataFrame]:
    """Acceptance over the last weeks as any other contrast, with the reasons; and the scan over all weeks."""
    since = pd.Timestamp(complete_before(day) - policy.weekly_bias.routing_weeks * WEEK)
    lately = answers[pd.to_datetime(answers["week"]) >= since].reset_index(drop=True)
    if len(lately):
        last = pd.Timestamp(complete_before(day)).date() - dt.timedelta(days=1)
        made = _contrasts(lately, lately["accepted"].astype(bool), "accepted", policy, first=since.date(), last=last)
        groups = zip(made["attribute"], made["grp"], made["n"], strict=True)
        yield made.assign(reasons=pd.Series([_reasons(lately, str(a), str(g), n) for a, g, n in groups], index=made.index))
    yield turned_away(answers, day=day, policy=policy)


def turned_away(answers: pd.DataFrame, *, day: dt.date, policy: PqlPolicy) -> pd.DataFrame:
    """The search of `answers` for a protected group and a period in which sales turned it away: the `scan` rows of the table.

    `answers` are those of `queries.lead_answers`; `day` says what is recent. Chances are corrected for every group, period and
    protected attribute.
    """
    answers = answers.assign(accepted=answers["accepted"].astype(bool))
    protected = [a.attribute for a in policy.bias.attributes if a.status == "protected"]
    rows = [row for name in protected for row in _scanned(answers, name, day, policy, compared=len(protected))]
    return pd.DataFrame(rows).reindex(columns=list(ROUTING_BIAS.column_names)).astype(object)


@dataclass(frozen=True)
class _Side:
    """Answers of the group and of the rest in a period."""

    own: pd.DataFrame
    rest: pd.DataFrame

    @property
    def shares(self) -> tuple[float, float]:
        """The shares accepted."""
        return float(self.own["accepted"].mean()), float(self.rest["accepted"].mean())


def _scanned(
    answers: pd.DataFrame, attribute: str, day: dt.date, policy: PqlPolicy, *, compared: int
) -> Iterator[dict[str, object]]:  # fmt: skip
    """A row for each group: its worst period where it is blamed, else what the scan covers."""
    weekly, least = policy.weekly_bias, policy.bias.min_group
    place, mondays = week_places(answers)
    codes, names = pd.factorize(groups_of(answers, attribute), sort=True)
    found = scan(
        place, strata_of(answers), codes.astype(np.int64), ~answers["accepted"].to_numpy(dtype=bool), weeks=len(mondays),
        groups=len(names), least=least, rounds=weekly.scan_rounds, seed=weekly.seed,
    )  # fmt: skip
    for one in found:
        name = str(names[one.group])
        row: dict[str, object] = {
            "period": "scan", "attribute": attribute, "grp": name, "metric": "accepted",
            "status": "monitored" if UNKNOWN in parts(name) else "protected", "first_on": mondays[0].date(),
            "last_on": (mondays[-1] + 6 * pd.Timedelta(days=1)).date(),
        }  # fmt: skip
        if one.first < 0:
            said = f"fewer than {least} answers of the group or the rest in every period: no figures are given"
            yield row | {"verdict": Verdict.INSUFFICIENT.value, "reason": said}
            continue
        chance = min(one.p_value * compared, 1.0)
        yield row | _blamed(answers, place, codes == one.group, one, chance, mondays, day, policy)


def _blamed(
    answers: pd.DataFrame, place: Codes, own: Flags, one: Found, chance: float, mondays: list[pd.Timestamp], day: dt.date,
    policy: PqlPolicy,
) -> dict[str, object]:  # fmt: skip
    """The columns about a group whose periods are large enough: blamed, or as the others over the whole range."""
    weekly, limit = policy.weekly_bias, policy.bias.parity_difference
    inside = (place >= one.first) & (place <= one.last)
    worst = _Side(answers[own & inside], answers[~own & inside])
    treated, others = worst.shares
    if chance > weekly.false_alarm or others - treated < limit:
        said = f"no period stands out: the worst would come with a chance of {chance:.3f} if all were treated alike"
        return {"p_adjusted": round(chance, 9), "verdict": Verdict.PASS.value, "reason": said}
    first, last = mondays[one.first].date(), mondays[one.last].date() + dt.timedelta(days=6)
    recent = last >= complete_before(day) - weekly.routing_weeks * WEEK
    said = (
        f"from {first} to {last} sales accepted {treated:.0%} of {len(worst.own)} leads and {others:.0%} of the others'; "
        f"chance {chance:.4f} if all were treated alike, over every group and period compared"
    )
    return _figures(worst, chance) | {
        "first_on": first, "last_on": last, "reasons": _listed(worst.own),
        "verdict": (Verdict.FAIL if recent else Verdict.WARN).value,
        "reason": said if recent else f"{said}; it is over",
    }  # fmt: skip


def _figures(side: _Side, chance: float) -> dict[str, object]:
    group, rest = side.shares
    return {
        "n": len(side.own), "value_group": round(group, 9), "value_rest": round(rest, 9), "difference": round(group - rest, 9),
        "ratio": round(group / rest, 9) if rest else None, "p_adjusted": round(chance, 9),
    }  # fmt: skip


def _reasons(answers: pd.DataFrame, attribute: str, group: str, n: object) -> str | None:
    """The group's reasons; None where the group is too small for figures."""
    if n is None or pd.isna(n):  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType, reportCallIssue]
        return None
    return _listed(answers[(groups_of(answers, attribute) == group).to_numpy(dtype=bool)])


def _listed(answers: pd.DataFrame) -> str:
    """The commonest reasons as JSON, without counts: a reason is a smaller cell than the group that gave it."""
    return json.dumps(list(reasons_given(answers, most=MOST_REASONS)))
