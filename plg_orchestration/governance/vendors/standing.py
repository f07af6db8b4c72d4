"""Where each third party stands: its figures judged by the controls' own thresholds, and the rows of `governance.vendors`.

A figure that is not there never makes a vendor pass; which one is missing is said.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from plg_orchestration.clock import AsOf
from plg_orchestration.errors import Unavailable
from plg_orchestration.governance.conditions import Condition
from plg_orchestration.governance.policy import Control, GovernancePolicy
from plg_orchestration.governance.vendors.fit import fit_of
from plg_orchestration.governance.vendors.queries import registered_vendors, vendor_figures
from plg_orchestration.governance.vendors.tables import VENDORS
from plg_orchestration.ingest.tables import ARROW_TYPES
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse import Warehouse

Row = Mapping[str, object]
JUDGED = {
    "uptime": ("integration_uptime", "uptime {0:.2%}"),
    "key_age_days": ("key_age_days", "oldest key {0:.0f} days old"),
    "open_vulnerabilities": ("open_vulnerabilities", "{0:.0f} open vulnerabilities of medium severity or worse"),
}
"""The columns that a control's threshold judges: the control's metric, and the figure in words."""
ORDER = (Verdict.PASS, Verdict.WARN, Verdict.INSUFFICIENT, Verdict.FAIL)


@dataclass(frozen=True)
class Standing:
    """A vendor's verdict: the worst of its findings, with all of them in words."""

    verdict: Verdict
    reason: str


def contradictions(warehouse: Warehouse, *, as_of: AsOf) -> tuple[str, ...]:
    """Each vendor of which the source and the entries of plg.yaml say two things, with both."""
    rows = warehouse.arrow(registered_vendors(as_of=as_of)).to_pylist()
    return tuple(sorted(f"{row['vendor']}: {row['contradictions']}" for row in rows if row["contradictions"]))


def vendors_on(warehouse: Warehouse, *, as_of: AsOf, policy: GovernancePolicy) -> pa.Table:
    """The rows of `governance.vendors` on the day; Unavailable when no vendor is known, or the register contradicts itself."""
    rows = warehouse.arrow(vendor_figures(as_of=as_of, limits=policy.limits)).to_pylist()
    if not rows:
        raise Unavailable("no vendor is known: hand in the source vendors, or write governance.vendors.register in plg.yaml")
    told = [f"{row['vendor']}: {row['contradictions']}" for row in rows if row["contradictions"]]
    if told:
        raise Unavailable(f"plg.yaml and the source vendors contradict each other ({'; '.join(told)}); make both say the same")
    made = [_row(row, as_of.date, policy) for row in rows]
    return pa.Table.from_pylist(made, schema=pa.schema([(column.name, ARROW_TYPES[column.type]) for column in VENDORS.columns]))


def certificates_of(rows: Sequence[tuple[str, int | None]], *, warning_days: int) -> Standing:
    """Whether all certificates hold, from each vendor's days left: fail when one expired; warn when one ends soon or is unknown.

    Without any vendor nothing is known, which is insufficient and no pass.
    """
    if not rows:
        return Standing(Verdict.INSUFFICIENT, "no register of third parties stands for this day, so that nothing is known")
    missing = "no expiry of a certificate is recorded"
    found = [(vendor, _dated("certificate", left, warning_days, missing=missing)) for vendor, left in rows]
    wrong = [(vendor, verdict, said) for vendor, (verdict, said) in found if verdict is not Verdict.PASS]
    if not wrong:
        return Standing(Verdict.PASS, f"No certificate expires within {warning_days} days.")
    told = "; ".join(f"{vendor}: {said}" for vendor, _, said in wrong)
    failed = any(verdict is Verdict.FAIL for _, verdict, _ in wrong)
    return Standing(Verdict.FAIL if failed else Verdict.WARN, told)


def standing(row: Row, policy: GovernancePolicy, *, as_of: dt.date) -> Standing:
    """The verdict on one vendor: certificate, review, uptime, key age and open vulnerabilities."""
    warning = policy.vendors.warning_days
    left = _whole(row.get("certificate_days_left"))
    review = _review_left(row, policy, as_of)
    found = [_dated("certificate", left, warning, missing="no expiry of a certificate is recorded")]
    found.append(_dated("review", review, warning, missing="never reviewed"))
    for column, (metric, words) in JUDGED.items():
        value = row.get(column)
        if value is not None:
            found += _judged(float(str(value)), words, _conditions(policy.controls.values(), metric))
    worst = max((verdict for verdict, _ in found), key=ORDER.index)
    said = [reason for verdict, reason in found if verdict is not Verdict.PASS]
    return Standing(worst, "; ".join(said) or "certificate and review hold, and every figure that is known is within its limit")


def _row(row: Row, day: dt.date, policy: GovernancePolicy) -> dict[str, object]:
    fit, stands = fit_of(row, policy.vendors), standing(row, policy, as_of=day)
    review = _review_left(row, policy, day)
    weights = {str(name): weight for name, weight in policy.vendors.weights.items()}
    return {
        **row, "as_of": day, "fit": fit.value, "fit_scores": fit.scored(weights),
        "fit_unknown": ", ".join(fit.missing) or None,
        "review_due": None if review is None else day + dt.timedelta(days=review),
        "status": stands.verdict.value, "reason": stands.reason,
    }  # fmt: skip


def _review_left(row: Row, policy: GovernancePolicy, day: dt.date) -> int | None:
    reviewed = row.get("reviewed_on")
    if not isinstance(reviewed, dt.date):
        return None
    on = reviewed.date() if isinstance(reviewed, dt.datetime) else reviewed
    return policy.limits.vendor_review_days - (day - on).days


def _dated(what: str, left: int | None, warning: int, *, missing: str) -> tuple[Verdict, str]:
    if left is None:
        return Verdict.INSUFFICIENT, missing
    if left < 0:
        return Verdict.FAIL, f"{what} expired {_days(-left)} ago"
    return (Verdict.WARN if left <= warning else Verdict.PASS), f"{what} expires in {_days(left)}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _judged(value: float, words: str, conditions: Sequence[tuple[Condition, Condition | None]]) -> list[tuple[Verdict, str]]:
    made: list[tuple[Verdict, str]] = []
    for passes, fails in conditions:
        if not passes.holds(value):
            verdict = Verdict.FAIL if fails is None or fails.holds(value) else Verdict.WARN
            made.append((verdict, words.format(value)))
    return made


def _conditions(controls: Iterable[Control], metric: str) -> list[tuple[Condition, Condition | None]]:
    return [(control.success, control.failure) for control in controls if control.metric == metric]


def _whole(value: object) -> int | None:
    return None if value is None else int(float(str(value)))
