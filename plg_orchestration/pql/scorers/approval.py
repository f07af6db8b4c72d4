"""A suggestion of points comes into force when a person approves it: a file beside `plg.yaml` that names it, who, when and why.

What is suggested is in `suggestions.py`. The file is read whenever the workspace is loaded; without it the declared points hold.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from plg_orchestration.config.explain import explain
from plg_orchestration.config.problems import InvalidConfiguration, Problem
from plg_orchestration.config.section import Section
from plg_orchestration.config.strict_yaml import read_yaml
from plg_orchestration.errors import PlgError
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.scorers.suggestions import THRESHOLD, Suggested, basis_of

FILE = "approved_points.yaml"
HEAD = "# Points that a person took over from a suggestion. They hold instead of pql.rules as long as this file is here.\n"
Words = Annotated[str, Field(min_length=1)]


class ApprovedPoints(Section):
    """An approved suggestion: its hash, who approved it, when and why, and the points and the threshold that it suggests."""

    suggestion: Words
    reviewer: Words
    at: dt.datetime
    rationale: Annotated[str, Field(min_length=10)]
    threshold: Annotated[float, Field(gt=0)]
    points: dict[str, Annotated[int, Field(ge=0)]]
    basis: Words

    @property
    def suggested(self) -> Suggested:
        """The suggestion that the file's points and threshold make."""
        return Suggested(dict(self.points), self.threshold, self.basis)


def in_force(policy: PqlPolicy, root: Path) -> PqlPolicy:
    """The policy with the points and the threshold that the workspace's file approves; the policy itself without a file.

    InvalidConfiguration when the file cannot be read, when its points are not those of the suggestion that it names, or when the
    criteria have changed since: nothing half-approved is ever in force.
    """
    path = root / FILE
    if not path.exists():
        return policy
    approved = read_approved(path)
    if approved.suggested.hash != approved.suggestion:
        raise _refused(path, "suggestion", f"the points and the threshold are not those of suggestion {approved.suggestion!r}",
                       "approve it anew with `plg suggest --approve`, or delete the file")  # fmt: skip
    if approved.basis != basis_of(policy.rules):
        raise _refused(path, "basis", "the criteria of pql.rules have changed since the suggestion was made",
                       "approve a newer one with `plg suggest --approve`, or delete the file")  # fmt: skip
    criteria = [c.model_copy(update={"points": approved.points[c.signal]}) for c in policy.rules.criteria]
    rules = policy.rules.model_copy(update={"criteria": tuple(criteria), "threshold": approved.threshold})
    return policy.model_copy(update={"rules": rules})


def read_approved(path: Path) -> ApprovedPoints:
    """The approval in the file; InvalidConfiguration with line and remedy when it is none."""
    try:
        document = read_yaml(path.read_text(encoding="utf-8"), file=path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(path, "", f"cannot be read ({error})", "restore the file or delete it") from error
    if document.problems:
        raise InvalidConfiguration(document.problems)
    try:
        return ApprovedPoints.model_validate(document.data)
    except ValidationError as error:
        raise InvalidConfiguration(explain(error, document, ApprovedPoints)) from error


def approve(
    root: Path, rows: Iterable[Mapping[str, Any]], *, suggestion: str, reviewer: str, rationale: str, at: dt.datetime,
    policy: PqlPolicy,
) -> Path:  # fmt: skip
    """Write the file that puts the suggestion into force, replacing an earlier one, and return its path.

    `rows` are those of `pql.suggestions` with that hash. PlgError when there are none, when they are for other criteria than
    the policy's, or when reviewer or rationale is missing.
    """
    suggested = {str(row["signal"]): row["suggested"] for row in rows if row["suggestion"] == suggestion}
    if THRESHOLD not in suggested:
        raise PlgError(f"suggestion {suggestion!r} is not known; `plg suggest` lists the newest one with its hash")
    threshold = float(suggested.pop(THRESHOLD))
    basis = basis_of(policy.rules)
    found = Suggested({signal: int(points) for signal, points in suggested.items()}, threshold, basis)
    if found.hash != suggestion:
        raise PlgError(f"suggestion {suggestion!r} is for other criteria than those of pql.rules now; wait for the next training")
    values = {
        "suggestion": suggestion, "reviewer": reviewer.strip(), "at": at.isoformat(timespec="seconds"),
        "rationale": rationale.strip(), "threshold": threshold, "points": found.points, "basis": basis,
    }  # fmt: skip
    try:
        ApprovedPoints.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise PlgError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}; say who approves, and why in a sentence") from error
    path = root / FILE
    temporary = path.with_suffix(".yaml.part")
    temporary.write_text(HEAD + yaml.safe_dump(values, sort_keys=False, allow_unicode=True), encoding="utf-8")
    temporary.replace(path)
    return path


def _refused(path: Path, where: str, message: str, remedy: str) -> InvalidConfiguration:
    return InvalidConfiguration([Problem(path.name, 1, where, message, remedy)])
