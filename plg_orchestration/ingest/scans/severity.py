"""How severe a finding is, in one word: low, medium, high, critical, or unknown where nothing readable says so.

`unknown` is no mild word: controls count it as they count medium.
"""

import math
from collections.abc import Iterable

UNKNOWN = "unknown"
ORDER = ("low", "medium", "high", "critical")
WORDS = {
    **dict.fromkeys(("low", "minor", "negligible", "note", "info", "informational", "none"), "low"),
    **dict.fromkeys(("medium", "moderate", "warning"), "medium"),
    **dict.fromkeys(("high", "important", "major", "error"), "high"),
    "critical": "critical",
}
"""What advisory databases and tools write, in our words."""
BANDS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.0, "low"))
"""Qualitative severity rating scale of CVSS 3.1 (section 5); a score of 0 (none) is low."""
WEIGHTS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
PRIVILEGES_OF_CHANGED_SCOPE = {"N": 0.85, "L": 0.68, "H": 0.5}
WEIGHTS_2: dict[str, dict[str, float]] = {
    "AV": {"N": 1.0, "A": 0.646, "L": 0.395},
    "AC": {"L": 0.71, "M": 0.61, "H": 0.35},
    "Au": {"N": 0.704, "S": 0.56, "M": 0.45},
    "C": {"C": 0.66, "P": 0.275, "N": 0.0},
    "I": {"C": 0.66, "P": 0.275, "N": 0.0},
    "A": {"C": 0.66, "P": 0.275, "N": 0.0},
}


def of_score(score: object) -> str:
    """The word for a CVSS base score from 0 to 10, a number or its text.

    >>> [of_score(value) for value in (9.0, "7.5", 4, 3.9, 0, "", 11, None)]
    ['critical', 'high', 'medium', 'low', 'low', 'unknown', 'unknown', 'unknown']
    """
    if isinstance(score, bool) or not isinstance(score, int | float | str):
        return UNKNOWN
    try:
        value = float(score)
    except ValueError:
        return UNKNOWN
    if not 0 <= value <= 10:
        return UNKNOWN
    return next(word for least, word in BANDS if value >= least)


def of_word(word: object) -> str:
    """The word of an advisory database or a tool in ours.

    >>> [of_word(word) for word in ("MODERATE", "Important", "none", "severe", None)]
    ['medium', 'high', 'low', 'unknown', 'unknown']
    """
    return WORDS.get(word.strip().lower(), UNKNOWN) if isinstance(word, str) else UNKNOWN


def of_vector(vector: object) -> str:
    """The word for a CVSS 3.0, 3.1 or 2.0 vector by its base score; version 4.0 needs a table of 270 entries and is unknown.

    >>> of_vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), of_vector("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H")
    ('critical', 'unknown')
    """
    return of_score(base_score(vector)) if isinstance(vector, str) else UNKNOWN


def worst(words: Iterable[str]) -> str:
    """The most severe of the known words; unknown when none is known.

    >>> worst(["low", "unknown", "high"]), worst(["unknown"]), worst([])
    ('high', 'unknown', 'unknown')
    """
    known = [word for word in words if word in ORDER]
    return max(known, key=ORDER.index, default=UNKNOWN)


def base_score(vector: str) -> float | None:
    """The base score of a CVSS 3.x vector (FIRST, CVSS 3.1 specification, section 7.1) or 2.0 (section 3.2.1).

    None when a base metric is missing, stands twice or has a value that it cannot have, and for other versions.

    >>> base_score("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:N/A:L"), base_score("AV:N/AC:L/Au:N/C:P/I:P/A:P"), base_score("AV:N")
    (8.5, 7.5, None)
    """
    head, _, rest = vector.strip().strip("()").partition("/")
    later = head in ("CVSS:3.0", "CVSS:3.1")
    if not later and head.startswith("CVSS:"):
        return None
    parts = [part.partition(":") for part in (rest if later else f"{head}/{rest}").split("/") if part]
    given = {name: value for name, _, value in parts}
    if len(given) != len(parts):
        return None
    try:
        return _version_3(given) if later else _version_2(given)
    except KeyError:
        return None


def _version_3(given: dict[str, str]) -> float:
    value = {name: weights[given[name]] for name, weights in WEIGHTS.items()}
    changed = {"C": True, "U": False}[given["S"]]
    if changed:
        value["PR"] = PRIVILEGES_OF_CHANGED_SCOPE[given["PR"]]
    base = 1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"])
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if changed else 6.42 * base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * value["AV"] * value["AC"] * value["PR"] * value["UI"]
    return _rounded_up(min((1.08 if changed else 1.0) * (impact + exploitability), 10.0))


def _version_2(given: dict[str, str]) -> float:
    value = {name: weights[given[name]] for name, weights in WEIGHTS_2.items()}
    impact = 10.41 * (1 - (1 - value["C"]) * (1 - value["I"]) * (1 - value["A"]))
    exploitability = 20 * value["AV"] * value["AC"] * value["Au"]
    return round((0.6 * impact + 0.4 * exploitability - 1.5) * (1.176 if impact else 0.0) + 0.0, 1)


def _rounded_up(value: float) -> float:
    """The smallest number of one decimal that is not below `value`, safe against binary fractions (appendix A)."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10
