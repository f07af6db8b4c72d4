"""Who routes leads after each night: the incumbent until a challenger passes every gate on the newest day.

The judgment is in `gates.py`, the ledger in `ledger.py`, whose models score in `pointers.py`; here the night's steps are put in
their order and the row of `pql.champion` is made. What people do between nights is in `people.py`.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from plg_orchestration.clock import AsOf
from plg_orchestration.failpoints import failpoint
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.promotion.approvals import Approvals, consent_to
from plg_orchestration.pql.promotion.evaluation import Consent, Evaluation, Gate, Promotion
from plg_orchestration.pql.promotion.evidence import candidate_on, evaluation_of
from plg_orchestration.pql.promotion.gates import decide
from plg_orchestration.pql.promotion.ledger import (
    FILE_CHECK,
    GATES,
    LIVE,
    RISES,
    ChampionModel,
    Entry,
    Standing,
    append,
    entries_of,
    records,
    standing,
)
from plg_orchestration.pql.promotion.live import LiveJudgment, as_rows, judge_all
from plg_orchestration.pql.promotion.pointers import (
    best_model,
    champion_on,
    change_on,
    fallen,
    incumbent_model,
    model_of,
    routing_models,
    shadow_columns,
    unreadable,
)
from plg_orchestration.pql.promotion.tables import CHAMPION
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

__all__ = ["ChampionModel", "best_model", "champion", "champion_on", "incumbent_model", "model_of", "routing_models"]
Row = dict[str, Any]
NO_APPROVALS = Approvals("approvals.yaml")
UNASKED = ("cooldown", "newest_day")
"""Gates that a shadow need not pass: it takes nobody's place."""


@dataclass(frozen=True)
class Bench:
    """Where and by what rules a night is judged."""

    warehouse: Warehouse
    as_of: AsOf
    policy: PqlPolicy
    target: str
    state: Path | None
    approvals: Approvals
    newest: bool

    @property
    def day(self) -> dt.date:
        """The day of the judgment."""
        return self.as_of.date


def champion(
    warehouse: Warehouse, *, as_of: AsOf, policy: PqlPolicy, newest: bool, target: str = "conversion",
    state: Path | None = None, approvals: Approvals = NO_APPROVALS,
) -> tuple[pd.DataFrame, Promotion]:  # fmt: skip
    """The row of `pql.champion` for the day and the judgment behind it; changes are entered into `pql.promotions`.

    Reads the day's candidate and its audit, and the ledger up to the day. Only the newest day changes anything: a champion whose
    file or live outcomes are not what was promoted goes back, an approved challenger of the last days or tonight's takes over.
    A day that promoted keeps its promotion as it was recorded, whatever a rebuild finds; a past day enters nothing. With `state`
    (where model files lie) None, nobody is promoted.
    """
    bench = Bench(warehouse, as_of, policy, target, state, approvals, newest)
    entries = entries_of(warehouse, target=target, through=as_of.date)
    before = standing([entry for entry in entries if entry.as_of < as_of.date])
    failpoint("champion.ledger_read")
    judged = _live(bench, before)
    if newest:
        entries = _taken_back(bench, entries, judged)
        failpoint("champion.falls_entered")
        entries = _waiting_promoted(bench, entries)
    own = next((e for e in entries if e.as_of == as_of.date and e.kind in RISES and e.evidence_on == as_of.date), None)
    candidate = candidate_on(warehouse, as_of.date, target)
    if own is not None:
        promotion = promotion_of(own)
    else:
        promotion, consent, challenger = judge(bench, candidate, day=as_of.date, now=standing(entries))
        failpoint("champion.judged")
        if promotion.promoted:
            entries = (*entries, append(warehouse, risen(bench, candidate, promotion, challenger, consent, standing(entries))))
    if newest:
        entries = _shadowed(bench, entries, candidate, promotion)
    failpoint("champion.entered")
    row = _row(bench, entries, before, promotion, candidate, judged)
    return pd.DataFrame([{name: row[name] for name in CHAMPION.column_names}], dtype=object), promotion


def judge(
    bench: Bench, candidate: Row, *, day: dt.date, now: Standing
) -> tuple[Promotion, Consent, Evaluation]:  # fmt: skip
    """The judgment on the candidate row of `day` against who stands now, with what people said and the figures."""
    policy = bench.policy
    challenger = evaluation_of(
        bench.warehouse, candidate, day=day, as_of=bench.as_of, policy=policy, state=bench.state
    )  # fmt: skip
    consent = consent_to(
        bench.approvals, target=bench.target, version=challenger.version, trained_on=day, on=bench.day,
        four_eyes=bench.approvals.four_eyes,
    )  # fmt: skip
    promotion = decide(
        challenger, now.incumbent(policy), policy.promotion, newest=bench.newest, on=bench.day, consent=consent
    )  # fmt: skip
    return promotion, consent, challenger


def promotion_of(entry: Entry) -> Promotion:
    """The judgment that the entry records."""
    kept: list[Row] = json.loads(entry.gates or "[]")
    gates = [Gate(g["name"], g["figure"], g["limit"], Verdict(g["verdict"]), g["reason"]) for g in kept]
    return Promotion(Verdict(entry.verdict), tuple(gates))


def as_json(gates: Sequence[Gate]) -> str:
    """Gates as `pql.champion` and the ledger keep them."""
    return json.dumps([asdict(gate) for gate in gates], sort_keys=True)


# -- the night's steps ------------------------------------------------------------------------------------------------


def _live(bench: Bench, before: Standing) -> tuple[LiveJudgment, ...]:
    """What live outcomes say about everybody who may route or be returned to, the champion first, and the shadow."""
    scoring = [("model", entry) for entry in reversed(before.raised)]
    if before.shadow is not None:
        scoring.append(("shadow", before.shadow))
    return judge_all(bench.warehouse, scoring, as_of=bench.as_of, policy=bench.policy, target=bench.target)


def _taken_back(bench: Bench, entries: tuple[Entry, ...], judged: Sequence[LiveJudgment]) -> tuple[Entry, ...]:
    """The entries with a rollback when the champion's file or its live outcomes are not what was promoted."""
    now = standing(entries)
    failing = {j.version: j.reason for j in judged if j.scorer == "model" and j.verdict is Verdict.FAIL}

    def fault(entry: Entry) -> tuple[str, str] | None:
        if bench.state is not None and (broken := unreadable(entry, bench.state)):
            return FILE_CHECK, broken
        return (LIVE, failing[entry.version]) if entry.version in failing else None

    found = fault(now.champion) if now.champion else None
    if found is None:
        return entries
    entry = fallen(
        now, target=bench.target, day=bench.day, policy=bench.policy, kind="automatic_rollback", actor=found[0], reason=found[1],
        sound=lambda former: fault(former) is None,
    )  # fmt: skip
    return (*entries, append(bench.warehouse, entry))


def _waiting_promoted(bench: Bench, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The entries with the newest challenger of the last days that waited for an approval, has it now and still passes."""
    policy = bench.policy.promotion
    if policy.mode != "manual":
        return entries
    oldest = bench.day - dt.timedelta(days=policy.evidence_days)
    text = """select as_of, challenger from pql.champion where target = $target and outcome = 'awaiting_approval'
        and as_of < $day and as_of >= $oldest order by as_of desc"""
    waiting = records(bench.warehouse, text, target=bench.target, day=bench.day, oldest=oldest)
    for row in waiting:
        candidate = candidate_on(bench.warehouse, row["as_of"], bench.target)
        if bench.approvals.of(bench.target, row["challenger"]) is None or candidate.get("version") != row["challenger"]:
            continue
        promotion, consent, challenger = judge(bench, candidate, day=row["as_of"], now=standing(entries))
        if promotion.promoted:
            entry = risen(bench, candidate, promotion, challenger, consent, standing(entries))
            return (*entries, append(bench.warehouse, entry))
    return entries


def _shadowed(bench: Bench, entries: tuple[Entry, ...], candidate: Row, promotion: Promotion) -> tuple[Entry, ...]:
    """The entries with tonight's challenger as the shadow, when the policy wants one and none stands."""
    fit = not any(g.verdict is Verdict.FAIL and g.name not in UNASKED for g in promotion.gates)
    trained = bool(candidate) and candidate["status"] == "trained"
    if bench.policy.promotion.mode != "shadow" or _shadow(bench, entries) is not None or not (fit and trained):
        return entries
    now = standing(entries).route(bench.policy)
    entry = Entry(
        bench.target, "shadow", bench.day, GATES, now["version"], "model", candidate["version"], promotion.reason,
        **_model_columns(candidate), gates=as_json(promotion.gates), verdict=promotion.verdict.value, evidence_on=bench.day,
    )  # fmt: skip
    return (*entries, append(bench.warehouse, entry))


def _shadow(bench: Bench, entries: Sequence[Entry]) -> Entry | None:
    """The shadow of the day: the last one that was set, while the policy wants one and it has not stood its time."""
    now = standing(entries)
    found = now.shadow
    if found is None or bench.policy.promotion.mode != "shadow" or now.route(bench.policy)["version"] == found.version:
        return None
    return found if (bench.day - found.as_of).days < bench.policy.promotion.shadow_days else None


def risen(bench: Bench, candidate: Row, promotion: Promotion, challenger: Evaluation, consent: Consent, now: Standing) -> Entry:
    """The entry of a promotion. The new champion is the best that ever was when it surely beats the best so far."""
    incumbent = now.incumbent(bench.policy)
    gained = next((gate.figure for gate in promotion.gates if gate.name == "best"), None)
    surpasses = incumbent.best is None or (gained is not None and gained > 0)
    given = bench.approvals.of(bench.target, challenger.version) if bench.policy.promotion.mode == "manual" else None
    return Entry(
        bench.target, "approval" if given else "promotion", bench.day, consent.reviewer if given else GATES, incumbent.version,
        "model", challenger.version, promotion.reason, **_model_columns(candidate),
        best=challenger.version if surpasses else incumbent.best, verdict=promotion.verdict.value, gates=as_json(promotion.gates),
        approval=given.as_json() if given else None, evidence_on=challenger.as_of,
    )  # fmt: skip


def _model_columns(candidate: Row) -> dict[str, Any]:
    columns = {name: candidate[name] for name in ("threshold", "artifact", "digest", "threshold_policy")}
    return {**columns, "false_discovery_rate": None if candidate["precision"] is None else 1.0 - candidate["precision"]}


def _row(
    bench: Bench, entries: Sequence[Entry], before: Standing, promotion: Promotion, candidate: Row,
    judged: Sequence[LiveJudgment],
) -> Row:  # fmt: skip
    shown = [j for j in judged if j.scorer == "shadow" or (before.champion and j.version == before.champion.version)]
    return {
        "as_of": bench.day, "target": bench.target, **standing(entries).route(bench.policy),
        "verdict": promotion.verdict.value, "reason": promotion.reason, "gates": as_json(promotion.gates),
        "promoted": promotion.promoted, "outcome": promotion.outcome, "challenger": _challenger(bench, entries, candidate),
        "previous": before.route(bench.policy)["version"], "change": change_on(entries, bench.day),
        "live": json.dumps(as_rows(shown), sort_keys=True) if shown else None,
        **shadow_columns(_shadow(bench, entries)),
    }  # fmt: skip


def _challenger(bench: Bench, entries: Sequence[Entry], candidate: Row) -> str | None:
    own = (e.version for e in entries if e.kind in RISES and e.as_of == bench.day and e.evidence_on == bench.day)
    return next(own, candidate.get("version"))
