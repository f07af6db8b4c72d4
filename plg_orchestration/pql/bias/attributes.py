"""What is audited: an attribute or the intersection of two, by its name, and the names of its groups.

Which ones a workspace audits is in `policy.py`, how their rows are counted in `counts.py`.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations

UNKNOWN = "unknown"
"""The group of rows whose attribute is missing."""
AND = " & "


def pair(first: str, second: str) -> str:
    """The name of the intersection of two attributes, or of two groups.

    >>> pair("region", "segment"), pair("EMEA", "smb")
    ('region & segment', 'EMEA & smb')
    """
    return f"{first}{AND}{second}"


def named(attribute: str | Sequence[str]) -> str:
    """The name of an attribute that may be given as a pair of names; ValueError when it is neither one nor two."""
    if isinstance(attribute, str):
        return attribute
    if len(attribute) == 2 and attribute[0] != attribute[1]:
        return pair(*attribute)
    raise ValueError(f"attributes: {attribute!r} is neither an attribute nor a pair of two different ones")


def parts(attribute: str, known: Iterable[str] = ()) -> tuple[str, ...]:
    """The one or two attributes behind a name; a name in `known` is one attribute whatever it looks like.

    >>> parts("region & segment"), parts("region")
    (('region', 'segment'), ('region',))
    """
    return (attribute,) if attribute in set(known) else tuple(attribute.split(AND, 1))


def intersections(attributes: Sequence[str]) -> tuple[str, ...]:
    """The names of all pairs of the attributes, in their order; pairs among them are not paired again."""
    single = [name for name in attributes if len(parts(name)) == 1]
    return tuple(pair(first, second) for first, second in combinations(single, 2))
