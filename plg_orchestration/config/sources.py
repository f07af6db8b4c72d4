"""How a workspace's files are described: path, format, clocks, and the map from source columns to canonical ones.

These are declarations. Reading files by them belongs to ingest; the canonical columns stand in `canonical.py`, what a column map
may say in `expressions.py`.
"""

import datetime as dt
import glob
import os
import re
from pathlib import Path
from typing import Annotated, Literal, cast
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from plg_orchestration.config.canonical import SOURCES, CanonicalSource
from plg_orchestration.config.expressions import VARIABLE, Constant, DataPath, Expression, expand
from plg_orchestration.config.problems import choose, nearest
from plg_orchestration.config.section import Section

Format = Literal["segment", "stripe", "pip-audit", "osv", "sarif", "jsonl", "csv", "parquet"]
"""`segment` (events), `stripe` (subscriptions) and scanners' reports (vulnerabilities) are dialects, whose fields have a fixed
meaning; the others are plain tables, mapped by `columns`."""
SCANS = ("pip-audit", "osv", "sarif")
"""Reports of vulnerability scanners: one JSON document a file."""
DIALECT_OF: dict[str, str] = {"segment": "events", "stripe": "subscriptions", **dict.fromkeys(SCANS, "vulnerabilities")}
"""The source that each dialect describes."""

DATE_IN_PATH = re.compile(r"(?<!\d)(\d{4})([-_/]?)(\d{2})\2(\d{2})(?!\d)")
ROWS = re.compile(r"(?:±|\+-|\+/-)\s*(\d{1,3}(?:\.\d+)?)\s*%\s*of its weekday")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        from zoneinfo import available_timezones

        guess = nearest(name, available_timezones())
        hint = f"did you mean {guess!r}?" if guess else "write an IANA name such as Europe/Berlin or UTC"
        raise ValueError(f"unknown time zone {name!r}; {hint}") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class Expect(Section):
    """When a source's new data should be there, and how much of it: `{by: "04:00", rows: "±40 % of its weekday"}`."""

    by: dt.time | None = None
    rows: str | None = None

    @field_validator("rows")
    @classmethod
    def _rows(cls, text: str | None) -> str | None:
        if text is not None and not ROWS.fullmatch(text.strip()):
            raise ValueError(f"{text!r} says no tolerance; write '±40 % of its weekday'")
        return text

    @property
    def tolerance(self) -> float | None:
        """The share by which a day's rows may differ from the usual count of its weekday; None when nothing is expected."""
        found = ROWS.fullmatch((self.rows or "").strip())
        return float(found.group(1)) / 100 if found else None


def _canonical_column(name: str, info: ValidationInfo) -> str:
    source = cast("str | None", info.data.get("name"))
    if source is not None and name not in SOURCES[source].column_names:
        remedy = choose(name, SOURCES[source].column_names, what=f"columns of {source}")
        raise ValueError(f"{source} has no canonical column {name!r}; {remedy}")
    return name


def _source_name(name: str) -> str:
    if name not in SOURCES:
        raise ValueError(f"unknown source {name!r}; {choose(name, SOURCES, what='sources')}")
    return name


SourceName = Annotated[str, AfterValidator(_source_name)]


class Source(Section):
    """One source of a workspace.

    With `columns`, exactly the listed canonical columns exist. Without, the files' columns bear the canonical names already
    (or the dialect says what they mean). `timezone` applies to times that are written without a zone; without it they are bad
    lines. `date_from_path` says how a file's date, the default of its rows' `received_at` or `known_at`, is read from its path:
    `auto` takes the last calendar date in it, `none` nothing, else a regular expression whose group `date` is YYYY-MM-DD or
    YYYYMMDD. `account_key` (Stripe's tables) is the key of a subscription's or customer's metadata that holds the account's id;
    without it, or where it is absent, the customer's id is the account's.
    """

    name: SourceName
    path: DataPath
    format: Format
    columns: Annotated[dict[Annotated[str, AfterValidator(_canonical_column)], Expression], Field(min_length=1)] | None = None
    timezone: Zone | None = None
    date_from_path: str = "auto"
    expect: Expect | None = None
    account_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] | None = None

    def kind_of(self, path: Path) -> Format:
        """How a file of the source is read: by the format, but of Stripe's tables each file as its name ends (CSV or Parquet)."""
        if self.format != "stripe":
            return self.format
        return "parquet" if path.suffix == ".parquet" else "csv"

    @property
    def canonical(self) -> CanonicalSource:
        """The source's canonical columns."""
        return SOURCES[self.name]

    @field_validator("format")
    @classmethod
    def _dialect(cls, value: str, info: ValidationInfo) -> str:
        described = DIALECT_OF.get(value)
        if described is not None and info.data.get("name") not in (None, described):
            raise ValueError(f"the {value} dialect describes {described} only; write jsonl, csv or parquet")
        return value

    @field_validator("account_key")
    @classmethod
    def _only_stripe(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("format") not in (None, "stripe"):
            raise ValueError("account_key belongs to format: stripe; remove it, or map account_id in columns")
        return value

    @field_validator("columns")
    @classmethod
    def _complete(cls, columns: dict[str, Expression] | None, info: ValidationInfo) -> dict[str, Expression] | None:
        if columns is None or "name" not in info.data:
            return columns
        if info.data.get("format") in DIALECT_OF:
            told = "format: jsonl" if info.data["format"] == "segment" else "format: csv"
            raise ValueError(f"the {info.data['format']} dialect says what its fields mean; remove columns, or write {told}")
        source = SOURCES[info.data["name"]]
        mapped = {name for name, expression in columns.items() if expression != Constant(constant=None)}
        missing = [column.name for column in source.columns if column.required and column.name not in mapped]
        if missing:
            raise ValueError(f"{source.name} needs {', '.join(missing)}; map {'it' if len(missing) == 1 else 'them'} in columns")
        if source.one_of and not mapped & set(source.one_of):
            raise ValueError(f"{source.name} needs one of {', '.join(source.one_of)}; map at least one in columns")
        return columns

    @field_validator("date_from_path")
    @classmethod
    def _date_pattern(cls, text: str) -> str:
        if text in ("auto", "none"):
            return text
        try:
            groups = re.compile(text).groupindex
        except re.error as error:
            raise ValueError(f"{text!r} is not a regular expression ({error}); write auto, none or a pattern") from None
        if "date" not in groups:
            raise ValueError(f"{text!r} has no group named date; write for example '(?P<date>\\d{{8}})', auto or none")
        return text

    @property
    def has_user_id(self) -> bool:
        """Whether rows can name a person: the dialect does, and so does a map with `user_id` or a file in canonical columns."""
        return self._maps("user_id")

    @property
    def has_anonymous_id(self) -> bool:
        """Whether rows can name a visitor who is not known as a user yet, as `has_user_id` says of a person."""
        return self._maps("anonymous_id")

    def _maps(self, column: str) -> bool:
        return self.columns is None or self.columns.get(column, Constant(constant=None)) != Constant(constant=None)

    def files(self, root: Path) -> tuple[Path, ...]:
        """The files that the path names now, sorted; relative paths start at `root`, and `**` reaches into folders."""
        pattern = os.path.join(glob.escape(str(root)), expand(self.path, glob.escape))  # noqa: PTH118 (keeps a trailing **)
        found = glob.glob(pattern, recursive=True)  # noqa: PTH207 (Path.glob takes no absolute pattern)
        return tuple(sorted(Path(name) for name in found if Path(name).is_file()))

    def file_date(self, path: Path, *, root: Path) -> dt.date | None:
        """The calendar date that a file's path names, by `date_from_path`; None when it names none.

        Only what follows the workspace's folder `root`, or the last variable of the source's path, is looked at.
        """
        text = str(path).removeprefix(self._base(root))
        if self.date_from_path == "none":
            return None
        if self.date_from_path == "auto":
            texts = ["-".join(found.group(1, 3, 4)) for found in DATE_IN_PATH.finditer(text)]
        else:
            texts = [found.group("date") or "" for found in re.finditer(self.date_from_path, text)]
        dates = [date for date in map(_date, texts) if date is not None]
        return dates[-1] if dates else None

    def _base(self, root: Path) -> str:
        variables = list(VARIABLE.finditer(self.path))
        if variables:
            return expand(self.path[: variables[-1].end()])
        return "" if Path(self.path).is_absolute() else str(root)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _named(value: object) -> object:
    """Each source's own model learns its name from its key."""
    if not isinstance(value, dict):
        return value
    sources = cast("dict[str, object]", value)
    for name, source in sources.items():
        if isinstance(source, dict) and "name" in source:
            raise ValueError(f"sources.{name} has a key 'name'; remove it, a source is named by its key")
    return {name: {"name": name, **source} if isinstance(source, dict) else source for name, source in sources.items()}


def _with_events(sources: dict[str, Source]) -> dict[str, Source]:
    if "events" not in sources:
        raise ValueError("there is no source 'events'; add sources.events with a path and a format")
    return sources


Sources = Annotated[dict[str, Source], BeforeValidator(_named), AfterValidator(_with_events)]
"""The sources of a workspace by name; only those that are handed in, `events` always."""
