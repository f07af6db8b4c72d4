"""Approvals of people: the workspace's file of them, and whether one of them lets a challenger pass.

The file is a YAML list under `approvals`; each entry names one version. Who becomes champion is decided in `gates.py`.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from plg_orchestration.config.explain import explain
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import Section
from plg_orchestration.config.strict_yaml import read_yaml
from plg_orchestration.errors import PlgError
from plg_orchestration.governance.actions.people import same_person
from plg_orchestration.pql.promotion.evaluation import Consent
from plg_orchestration.verdicts import Verdict
from plg_orchestration.warehouse.parquet import write_text

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Rationale = Annotated[str, StringConstraints(strip_whitespace=True, min_length=10, max_length=4000)]
HEAD = "# Who approved which model version, and why. Entries are added, never changed.\napprovals:\n"


class RefusedApproval(PlgError):
    """An approval may not be given or does not count; the message says why and what to do."""


class Approval(Section):
    """One person's yes to one version: asked by `requested_by`, given by `reviewer`, good until the end of `expires_on`."""

    target: Name
    version: Name
    requested_by: Name
    reviewer: Name
    approved_at: AwareDatetime
    expires_on: dt.date
    rationale: Rationale

    @model_validator(mode="after")
    def _ordered(self) -> "Approval":
        if self.expires_on < self.approved_at.date():
            raise ValueError(f"expires_on {self.expires_on} is before approved_at {self.approved_at.date()}; correct one of them")
        return self

    def as_json(self) -> str:
        """The approval as canonical JSON: what the ledger keeps."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)


class ApprovalFile(Section):
    """The whole file."""

    approvals: tuple[Approval, ...] = Field(default=())


@dataclass(frozen=True)
class Approvals:
    """What the file says: its approvals, or why it cannot be read (`problem`, '' when it can).

    `four_eyes`: one whose reviewer asked for it does not count.
    """

    place: str
    found: tuple[Approval, ...] = ()
    problem: str = ""
    four_eyes: bool = True

    def of(self, target: str, version: str) -> Approval | None:
        """The approval of exactly that version that holds longest."""
        given = [a for a in self.found if (a.target, a.version) == (target, version)]
        return max(given, key=lambda a: (a.expires_on, a.approved_at), default=None)


def read_approvals(path: Path, *, four_eyes: bool = True) -> Approvals:
    """The approvals of the file; none when there is no file, a problem with file, line and remedy when it is malformed."""
    return replace(_read(path), four_eyes=four_eyes)


def _read(path: Path) -> Approvals:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Approvals(path.name)
    except (OSError, UnicodeDecodeError) as error:
        return Approvals(path.name, problem=f"{path.name}: cannot be read ({error}); write it as UTF-8 text")
    document = read_yaml(text, file=path.name)
    problems = list(document.problems)
    if not problems:
        try:
            return Approvals(path.name, ApprovalFile.model_validate(document.data).approvals)
        except ValidationError as error:
            problems = explain(error, document, ApprovalFile)
    return Approvals(path.name, problem=str(InvalidConfiguration(problems)).replace("\n", " | "))


def consent_to(
    approvals: Approvals, *, target: str, version: str, trained_on: dt.date, on: dt.date, four_eyes: bool
) -> Consent:  # fmt: skip
    """What the approvals say to a version that was trained as of `trained_on`, for a promotion on the day `on`."""
    if approvals.problem:
        return Consent(Verdict.FAIL, approvals.problem)
    given = approvals.of(target, version)
    if given is None:
        others = sorted({a.version for a in approvals.found if a.target == target})
        known = f"; {approvals.place} approves {', '.join(others[-3:])} and not this version" if others else ""
        return Consent(Verdict.INSUFFICIENT, f"{version} waits for approval: `plg approve {version}`{known}")
    return _judged(given, trained_on=trained_on, on=on, four_eyes=four_eyes)


def _judged(given: Approval, *, trained_on: dt.date, on: dt.date, four_eyes: bool) -> Consent:
    if four_eyes and same_person(given.reviewer, given.requested_by):
        reason = f"{given.reviewer} asked for the promotion and cannot approve it too; four eyes are required: let somebody else"
        return Consent(Verdict.FAIL, reason, given.reviewer)
    if given.approved_at.date() < trained_on:
        reason = (
            f"the approval is of {given.approved_at.date()}, but {given.version} was trained as of {trained_on}; approve anew"
        )
        return Consent(Verdict.FAIL, reason, given.reviewer)
    if given.expires_on < on:
        return Consent(
            Verdict.FAIL, f"the approval by {given.reviewer} expired on {given.expires_on}; approve anew", given.reviewer
        )
    said = f"approved by {given.reviewer} on {given.approved_at.date()} until {given.expires_on}: {given.rationale}"
    return Consent(Verdict.PASS, said, given.reviewer)


def record_approval(path: Path, approval: Approval) -> None:
    """Add the approval to the file in one step, unless it is there; RefusedApproval when the file is or would be malformed."""
    before = read_approvals(path)
    if before.problem:
        raise RefusedApproval(before.problem)
    if approval in before.found:
        return
    text = path.read_text(encoding="utf-8") if path.exists() else HEAD
    values = approval.model_dump(mode="json")
    lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
    listed = "".join(f"  {'- ' if place == 0 else '  '}{line}\n" for place, line in enumerate(lines))
    write_text(path, (text if text.endswith("\n") else f"{text}\n") + listed)
    after = read_approvals(path)
    if after.problem or approval not in after.found:
        write_text(path, text)
        reason = after.problem or "the entry cannot be added to it"
        raise RefusedApproval(f"{path.name}: {reason}; write the list as `approvals:` with entries indented by two spaces")


def all_from(texts: Sequence[str | None]) -> tuple[Approval, ...]:
    """Approvals as the ledger keeps them; None is passed over."""
    return tuple(Approval.model_validate_json(text) for text in texts if text)
