"""Privacy as configuration: how long invited people are identified, and what the workspace processes whom for.

What the purge does with it is in `retention.py`, what the record of processing makes of it in `processing.py`.
"""

from fnmatch import fnmatch
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field

from plg_orchestration.config.section import Section
from plg_orchestration.governance.actions.policy import Text


def _named(value: object) -> object:
    """Activities by name, each carrying its name."""
    if not isinstance(value, dict):
        return value
    entries = cast("dict[str, Any]", value)
    return {name: {"name": name, **entry} if isinstance(entry, dict) else entry for name, entry in entries.items()}


class Activity(Section):
    """One thing that is done with personal data: what for, with which `tables` (patterns such as `pql.*`), about whom.

    `legal_basis`, `retention`, `region` and `recipients` are the controller's to say; what nobody said is shown as not stated.
    """

    name: Text
    purpose: Text
    tables: Annotated[tuple[Text, ...], Field(min_length=1)]
    people: Text
    legal_basis: Text | None = None
    retention: Text | None = None
    region: Text | None = None
    recipients: tuple[Text, ...] = ()

    def covers(self, table: str) -> int:
        """How exactly the activity names the table: the length of the longest pattern that fits, 0 when none does."""
        return max((len(pattern) for pattern in self.tables if fnmatch(table, pattern)), default=0)


class Processing(Section):
    """Who answers for the processing, where the workspace is stored, and the activities by name."""

    controller: Text | None = None
    contact: Text | None = None
    protection_officer: Text | None = None
    region: Text | None = None
    activities: Annotated[dict[str, Activity], BeforeValidator(_named)] = Field(default_factory=dict[str, Activity])

    def activity_of(self, table: str) -> Activity | None:
        """The activity that names the table most exactly; None when none does, the first by name when several do alike."""
        found = [(activity.covers(table), name) for name, activity in self.activities.items() if activity.covers(table)]
        return self.activities[min(found, key=lambda one: (-one[0], one[1]))[1]] if found else None


class PrivacyPolicy(Section):
    """Invited people who did not become users are identified for `invite_retention_days`; `invite_properties` are the keys of
    events of the role `invite_sent` that identify them.
    """

    invite_retention_days: int = Field(default=30, gt=0)
    invite_properties: tuple[Text, ...] = ()
    processing: Processing = Processing()
