"""The gate over the bias audit: what the contrasts of protected attributes allow, with dated exceptions, as a pure function.

Contrasts are judged in `bias/judgments.py`; how they are read is in `evidence.py`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plg_orchestration.pql.bias.policy import BiasException
from plg_orchestration.pql.promotion.evaluation import Contrast, Evaluation, Gate
from plg_orchestration.verdicts import Verdict

BLOCKS = (Verdict.FAIL, Verdict.INSUFFICIENT)


@dataclass(frozen=True)
class _Finding:
    """Something that stands against the candidate: a contrast, or a declared pair of which no group forms one (group None)."""

    attribute: str
    metric: str
    group: str | None
    verdict: Verdict
    reason: str

    @property
    def name(self) -> str:
        """Attribute, group and metric in words."""
        return f"{self.attribute}={self.group} {self.metric}" if self.group else f"{self.attribute} {self.metric}"


def bias_gate(challenger: Evaluation, today: dt.date) -> Gate:
    """The verdict on every declared pair (protected attribute x gating metric) of the challenger's audit on the day `today`.

    A contrast that fails, one that ends insufficient, and a pair of which no group forms a contrast block, unless an exception
    covers them up to and including its date; an expired one is as none and is named. What is excused, a contrast over its limit
    within chance, and groups that are too small to be judged warn (with `unjudged_blocks`, such groups block too). The figure is
    the number of contrasts that fail.
    """
    if not challenger.protected:
        reason = "no attribute is protected; declare at least one in bias.attributes"
        return Gate("bias", None, 0.0, Verdict.INSUFFICIENT, reason)
    found = list(_findings(challenger))
    excused = {one: given for one in found if (given := _excuse(one, challenger.exceptions, today)) is not None}
    left = [one for one in found if one not in excused]
    for verdict in BLOCKS:
        if decisive := [one for one in left if one.verdict is verdict]:
            figure = float(len(decisive)) if verdict is Verdict.FAIL else None
            return Gate("bias", figure, 0.0, verdict, _listed(decisive, challenger.exceptions, today))
    said = [f"{one.name}: {one.verdict.value}, excused until {by.expires_on} by {by.owner}: {by.justification}"
            for one, by in excused.items()]  # fmt: skip
    warned = [c for c in challenger.contrasts if c.formed and c.verdict is Verdict.WARN]
    said += [_listed([_of(c) for c in warned], (), today)] if warned else []
    small = [one for one in _unjudged(challenger) if one not in found]
    said += [f"too little data to judge {', '.join(one.name for one in small)}"] if small else []
    if said:
        return Gate("bias", 0.0, 0.0, Verdict.WARN, "; ".join(said))
    formed = sum(c.formed for c in challenger.contrasts)
    return Gate("bias", 0.0, 0.0, Verdict.PASS, f"{formed} contrasts of protected groups are within the limits")


def _findings(challenger: Evaluation) -> Iterator[_Finding]:
    """What may block: contrasts that fail or end insufficient, pairs without any contrast, and small groups where asked."""
    formed = [c for c in challenger.contrasts if c.formed]
    yield from (_of(c) for c in formed if c.verdict not in (Verdict.PASS, Verdict.WARN))
    there = {(c.attribute, c.metric) for c in formed}
    for attribute, metric in challenger.declared_pairs:
        if (attribute, metric) not in there:
            yield _Finding(attribute, metric, None, Verdict.INSUFFICIENT, "no group is large enough for a contrast")
    if challenger.unjudged_blocks:
        yield from _unjudged(challenger)


def _unjudged(challenger: Evaluation) -> list[_Finding]:
    """Groups that form no contrast, of pairs of which others do."""
    there = {(c.attribute, c.metric) for c in challenger.contrasts if c.formed}
    return [_of(c) for c in challenger.contrasts if not c.formed and (c.attribute, c.metric) in there]


def _of(contrast: Contrast) -> _Finding:
    return _Finding(contrast.attribute, contrast.metric, contrast.group, contrast.verdict, contrast.reason)


def _excuse(found: _Finding, exceptions: Sequence[BiasException], today: dt.date) -> BiasException | None:
    return next((one for one in _about(found, exceptions) if one.expires_on >= today), None)


def _about(found: _Finding, exceptions: Sequence[BiasException]) -> list[BiasException]:
    return [
        one for one in exceptions
        if one.covers(found.attribute, found.metric, found.group) and found.verdict.value in one.excuses
    ]  # fmt: skip


def _listed(found: Sequence[_Finding], exceptions: Sequence[BiasException], today: dt.date) -> str:
    """The first finding with its figures, the names of the others, and exceptions that no longer hold.

    `pql.bias_audit` holds every figure.
    """
    first, others = found[0], [one.name for one in found[1:]]
    more = f"; also {', '.join(others)}" if others else ""
    lapsed = sorted({
        f"the exception of {one.owner} for {one.attribute} expired on {one.expires_on}"
        for each in found for one in _about(each, exceptions) if one.expires_on < today
    })  # fmt: skip
    return "; ".join([f"{first.name}: {first.reason}{more}", *lapsed])
