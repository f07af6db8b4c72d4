"""What the parts of a report share: rows as dictionaries, and statuses as words with a tone. No part is made here."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

TONES = {
    "effective": "good", "degraded": "warn", "failed": "bad", "no_data": "none", "controlled": "good", "open": "bad",
    "unproven": "none", "accepted": "warn", "acceptance_expired": "bad", "pass": "good", "warn": "warn", "fail": "bad",
    "insufficient": "none", "promoted": "good", "kept": "none", "rejected": "warn", "none": "none",
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """A status in a word, with the tone that colors it: good, warn, bad or none."""

    text: str
    tone: str


def chip(status: object) -> Chip:
    """The status as a chip; a word that has no tone stays neutral."""
    text = str(status)
    return Chip(text.replace("_", " "), TONES.get(text, "none"))


def records(rows: "pd.DataFrame") -> list[dict[str, Any]]:
    """The rows as dictionaries with text keys, missing values as None."""
    names = [str(name) for name in rows.columns]
    listed = [_column(rows.iloc[:, place]) for place in range(len(names))]
    return [dict(zip(names, values, strict=True)) for values in zip(*listed, strict=True)]


def _column(values: "pd.Series[Any]") -> list[Any]:
    return [None if missing else value for value, missing in zip(values.tolist(), values.isna().tolist(), strict=True)]
