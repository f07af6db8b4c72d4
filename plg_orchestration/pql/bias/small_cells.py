"""Which cells may be shown: none under the minimum size, and none from which such a cell could be had by subtraction.

Totals are published, so that a single hidden group would follow from them; then the smallest of the others is hidden too. What
is hidden gives no figure; whether it is judged is decided in `judgments.py`.
"""

from collections.abc import Mapping, Sequence

from plg_orchestration.pql.bias.attributes import AND, UNKNOWN, parts

TOO_SMALL, WITHHELD = "too_small", "withheld"
Sizes = Mapping[str, float]


def hidden(sizes: Mapping[str, Sizes], minimum: int) -> dict[tuple[str, str], str]:
    """Why (attribute, group) is hidden: `too_small`, or `withheld` to keep a small one from being found; not in it when shown.

    `sizes` has the rows of each group of each attribute, pairs among them. A group together with everybody else, and in a pair
    each group of one attribute across the other, adds up to something that is shown: of such a line nothing, or at least two
    groups of together `minimum` rows, are hidden.
    """
    made: dict[tuple[str, str], str] = {}
    for attribute in sorted(sizes, key=lambda name: AND in name):
        groups = sizes[attribute]
        small = {name for name, size in groups.items() if size < minimum}
        found = dict.fromkeys(small, TOO_SMALL)
        lines = _lines(attribute, groups, sizes, made)
        while more := _exposed(lines, found, groups, minimum):
            found[more] = WITHHELD
        made |= {(attribute, name): why for name, why in found.items()}
    return made


def _lines(attribute: str, groups: Sizes, sizes: Mapping[str, Sizes], before: Mapping[tuple[str, str], str]) -> list[list[str]]:
    """Sets of groups whose sum is shown: all of them, and of a pair those of each shown group of either attribute."""
    both = parts(attribute)
    lines = [list(groups)]
    if len(both) == 2 and all(name in sizes for name in both):
        for place, name in enumerate(both):
            shown = [group for group in sizes[name] if (name, group) not in before]
            lines += [[cell for cell in groups if _belongs(cell, group, place)] for group in shown]
    return lines


def _belongs(cell: str, group: str, place: int) -> bool:
    return cell.startswith(group + AND) if place == 0 else cell.endswith(AND + group)


def _exposed(lines: Sequence[Sequence[str]], found: Mapping[str, str], groups: Sizes, minimum: int) -> str | None:
    """The next group to withhold: the smallest that is shown of a line whose hidden ones could be had by subtraction."""
    for line in lines:
        held = [name for name in line if name in found]
        shown = [name for name in line if name not in found]
        if held and shown and (len(held) < 2 or sum(groups[name] for name in held) < minimum):
            return min(shown, key=lambda name: (UNKNOWN not in name.split(AND), groups[name], name))
    return None
