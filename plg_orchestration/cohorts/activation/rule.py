"""The activation milestone as a rule: conditions on what a user did, in groups, by persona, and the rule in words.

What stands here is validated configuration and the rows that SQL reads; evaluating a rule is SQL in `behavior`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal, cast

import pyarrow as pa
from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from plg_orchestration.config.canonical import ROLES
from plg_orchestration.config.problems import choose
from plg_orchestration.config.section import Section
from plg_orchestration.config.taxonomy import Name

Count = Annotated[int, Field(ge=1, le=10_000)]
Days = Annotated[int, Field(ge=1, le=3_650)]
Attribute = Literal["role", "country", "region", "language", "device", "acquisition_channel"]
Kind = Literal["all", "any", "sequence"]
MAX_STEPS = 4
"""The longest sequence."""

CONDITIONS = pa.schema([
    ("rule", pa.string()), ("rule_kind", pa.string()), ("group", pa.int32()), ("group_kind", pa.string()),
    ("position", pa.int32()), ("subject", pa.string()), ("role", pa.string()), ("item", pa.string()), ("event", pa.string()),
    ("count", pa.int32()), ("distinct_items", pa.bool_()), ("within_days", pa.int32()), ("window_days", pa.int32()),
    ("words", pa.string()),
])  # fmt: skip
RULES = pa.schema([("rule", pa.string()), ("attribute", pa.string()), ("value", pa.string()), ("words", pa.string())])


def _role(name: str) -> str:
    if name == "activation":
        raise ValueError("role 'activation' is what the rule defines; name the roles or events that make it up")
    if name not in ROLES:
        raise ValueError(f"unknown role {name!r}; {choose(name, set(ROLES) - {'activation'}, what='roles')}")
    return name


class Condition(Section):
    """One condition, met at the instant of the last occurrence that it needs.

    What is counted is named by exactly one of `role` (with `item`: that item alone), `event`, `active_users` (so many different
    users of the account, the user among them, have been active) and `invites_accepted` (so many different users of the account
    have accepted an invite, by the role invite_accepted). `count` occurrences are needed, of as many different items when
    `distinct_items`; `within_days` counts only what happened before so many times 24 hours after the signup are over;
    `window_days` wants all of them within so many times 24 hours of each other, wherever these lie.
    """

    role: Annotated[str, AfterValidator(_role)] | None = None
    item: Name | None = None
    event: Name | None = None
    active_users: Annotated[int, Field(ge=2, le=10_000)] | None = None
    invites_accepted: Count | None = None
    count: Count = 1
    distinct_items: bool = False
    within_days: Days | None = None
    window_days: Days | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> "Condition":
        named = [name for name in ("role", "event", "active_users", "invites_accepted") if getattr(self, name) is not None]
        if len(named) != 1:
            found = " and ".join(named) or "none of them"
            raise ValueError(f"a condition counts one thing, here is {found}; name role, event, active_users or invites_accepted")
        if self.of_account and (self.count > 1 or self.distinct_items or self.window_days is not None):
            raise ValueError(f"{named[0]} is a number of users itself; remove count, distinct_items and window_days")
        if self.item is not None and self.role is None:
            raise ValueError(f"item {self.item!r} belongs to a role; name the role, or remove item")
        if self.distinct_items and (self.role is None or self.item is not None):
            raise ValueError("distinct_items counts the items of a role; name a role without item, or remove it")
        if self.window_days is not None and self.count == 1:
            raise ValueError("window_days is the span of several occurrences; set count, or write within_days (of the signup)")
        return self

    @property
    def of_account(self) -> bool:
        """Whether the users of the account are counted, and not what the user did."""
        return self.active_users is not None or self.invites_accepted is not None

    @property
    def words(self) -> str:
        """The condition as part of a sentence about the user."""
        after = f" within {_days(self.within_days)} of signing up" if self.within_days else ""
        if self.active_users is not None:
            return f"at least {self.active_users} users of the account have been active{after}"
        if self.invites_accepted is not None:
            who = "user" if self.invites_accepted == 1 else "users"
            return f"at least {self.invites_accepted} {who} of the account accepted an invite{after}"
        name = f"event {self.event!r}" if self.event else f"{self.role} {self.item!r}" if self.item else f"{self.role}"
        if self.distinct_items:
            name += f" with at least {self.count} different items"
        elif self.count > 1:
            name += f" at least {self.count} times"
        together = f", all within {_days(self.window_days)}" if self.window_days else ""
        return f"{name}{together}{after}"

    @property
    def row(self) -> dict[str, object]:
        """The columns of `config.activation_conditions` that say what is counted."""
        subject = "active_users" if self.active_users else "invites_accepted" if self.invites_accepted else "user"
        return {
            "subject": subject, "role": "invite_accepted" if self.invites_accepted else self.role, "item": self.item,
            "event": self.event, "count": self.active_users or self.invites_accepted or self.count,
            "distinct_items": self.distinct_items or self.of_account, "within_days": self.within_days,
            "window_days": self.window_days, "words": self.words,
        }  # fmt: skip


class Group(Section):
    """Conditions joined in one way: `all_of` them, `any_of` them, or in `sequence`, each met strictly after the one before."""

    all_of: Annotated[tuple[Condition, ...], Field(min_length=1)] | None = None
    any_of: Annotated[tuple[Condition, ...], Field(min_length=1)] | None = None
    sequence: Annotated[tuple[Condition, ...], Field(min_length=2, max_length=MAX_STEPS)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Group":
        _only_one(self)
        return self

    @model_validator(mode="after")
    def _steps_of_a_user(self) -> "Group":
        for step in self.sequence or ():
            if step.of_account or step.distinct_items or step.window_days is not None:
                raise ValueError(
                    "a step of a sequence is a role or event, `count` times; put distinct_items, window_days and conditions on "
                    "the account beside the sequence in all_of"
                )
        return self

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions in their order."""
        return self.all_of or self.any_of or self.sequence or ()

    @property
    def kind(self) -> Kind:
        """How the conditions are joined."""
        return "sequence" if self.sequence else "any" if self.any_of else "all"

    @property
    def words(self) -> str:
        """The group as part of a sentence."""
        return _joined([condition.words for condition in self.conditions], self.kind)


def _part(value: object) -> str:
    """Which of the two is meant, so that an error speaks of that one alone."""
    keys = set(cast("dict[str, object]", value)) if isinstance(value, dict) else set[str]()
    return "group" if isinstance(value, Group) or keys & {"all_of", "any_of", "sequence"} else "condition"


Part = Annotated[Annotated[Group, Tag("group")] | Annotated[Condition, Tag("condition")], Discriminator(_part)]
Parts = Annotated[tuple[Part, ...], Field(min_length=1)]


class Rule(Section):
    """One rule: `all_of` or `any_of` conditions and groups of conditions, or one `sequence`.

    `name` tells it from others; `values` are the values of the milestone's `by` attribute for whose users it stands.
    """

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = "activation"
    values: tuple[Name, ...] = ()
    all_of: Parts | None = None
    any_of: Parts | None = None
    sequence: Annotated[tuple[Condition, ...], Field(min_length=2, max_length=MAX_STEPS)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "Rule":
        _only_one(self)
        if self.sequence:
            Group(sequence=self.sequence)
        return self

    @property
    def kind(self) -> Kind:
        """How the groups are joined; a sequence alone is one group."""
        return "any" if self.any_of else "all"

    @property
    def groups(self) -> tuple[Group, ...]:
        """The parts as groups; a condition by itself is a group of one."""
        if self.sequence:
            return (Group(sequence=self.sequence),)
        parts = self.all_of or self.any_of or ()
        return tuple(part if isinstance(part, Group) else Group(all_of=(part,)) for part in parts)

    @property
    def words(self) -> str:
        """The rule as a sentence."""
        several = len(self.groups) > 1
        parts = [f"({g.words})" if several and len(g.conditions) > 1 else g.words for g in self.groups]
        return f"Activated when {_joined(parts, self.kind)}."

    def rows(self) -> Iterator[dict[str, object]]:
        """The rule's rows of `config.activation_conditions`."""
        for number, group in enumerate(self.groups, start=1):
            for position, condition in enumerate(group.conditions, start=1):
                head = {"rule": self.name, "rule_kind": self.kind, "group": number, "group_kind": group.kind}
                yield {**head, "position": position, **condition.row}


def _only_one(rule: Group | Rule) -> None:
    named = [name for name in ("all_of", "any_of", "sequence") if getattr(rule, name) is not None]
    if len(named) != 1:
        found = " and ".join(named) or "none of them"
        raise ValueError(f"conditions are joined in one way, and here is {found}; write all_of, any_of or sequence")


class Milestone(Section):
    """The milestone: one rule for everybody, or `rules` by a user attribute (`by`), of which one without `values` is the default.

    A single rule may be written without `rules`, as its own `all_of`, `any_of` or `sequence`.
    """

    by: Attribute | None = None
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _single(cls, value: object) -> object:
        if isinstance(value, dict) and "rules" not in value and value:
            given = cast("dict[str, object]", value)
            return {**{k: v for k, v in given.items() if k == "by"}, "rules": [{k: v for k, v in given.items() if k != "by"}]}
        return cast("object", value)

    @model_validator(mode="after")
    def _keyed(self) -> "Milestone":
        names = [rule.name for rule in self.rules]
        values = [value for rule in self.rules for value in rule.values]
        for what, listed in (("rule name", names), ("value", values)):
            twice = sorted({one for one in listed if listed.count(one) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]!r} stands twice in activation.milestone; keep one of the two")
        defaults = [rule.name for rule in self.rules if not rule.values]
        if len(defaults) != 1:
            found = " and ".join(defaults) or "none"
            raise ValueError(f"exactly one rule is the default (it has no values), and here is {found}; correct `values`")
        if values and self.by is None:
            raise ValueError(f"rules have values but no attribute to compare; add `by: role` (or {', '.join(OTHER_ATTRIBUTES)})")
        if self.by is not None and not values:
            raise ValueError(f"by: {self.by} tells no rules apart; give the other rules `values`, or remove `by`")
        return self

    @property
    def named(self) -> tuple[tuple[str, str | None], ...]:
        """The roles and items that the conditions count, each pair once, in their order."""
        rows = [cast("dict[str, str | None]", row) for row in self.condition_rows()]
        return tuple(dict.fromkeys((row["role"], row["item"]) for row in rows if row["role"] is not None))

    def condition_rows(self) -> list[dict[str, object]]:
        """The rows of `config.activation_conditions`."""
        return [row for rule in self.rules for row in rule.rows()]

    def rule_rows(self) -> list[dict[str, object]]:
        """The rows of `config.activation_rules`: the rule for each value of the attribute; null is every other value."""
        return [
            {"rule": rule.name, "attribute": self.by, "value": value, "words": rule.words}
            for rule in self.rules for value in (rule.values or (None,))
        ]  # fmt: skip


OTHER_ATTRIBUTES = ("country", "region", "language", "device", "acquisition_channel")


def _days(days: int | None) -> str:
    return "24 hours" if days == 1 else f"{days} days"


def _joined(parts: list[str], kind: Kind) -> str:
    return {"all": " and ", "any": " or ", "sequence": ", then "}[kind].join(parts)
