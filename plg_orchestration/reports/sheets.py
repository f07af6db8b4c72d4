"""What pages are made of beside prose: tables whose cells link to definitions, figures with their numbers, and components.

Values come in ready to print; how they look is in `templates/macros.html.j2`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from plg_orchestration.reports.extracts import Extracted
from plg_orchestration.reports.formats import DASH, between, count, figure, known, share
from plg_orchestration.reports.rows import Chip

BRIEF = 12
"""So many rows of a table that can be filtered are shown at first, where the page's script runs."""


@dataclass(frozen=True)
class Cell:
    """One cell: its text, what it is sorted by (the text when None), the anchor it links to, and how it is shown.

    `bar` and `heat` run from 0 to 100: the length of a bar beside the text, and the strength of the cell's color.
    """

    text: str
    sort: float | str | None = None
    link: str = ""
    note: str = ""
    chip: Chip | None = None
    bar: float | None = None
    heat: float | None = None
    picture: Markup = Markup("")  # noqa: RUF009


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether it holds numbers, and whether its values are offered as a choice for filtering."""

    name: str
    numeric: bool = False
    choice: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table with its caption; `source` is the table of the warehouse that it was read from.

    `tool`: it can be sorted and filtered where the page's script runs; without it the rows stand in the order given here.
    `narrow`: it needs half the page's width only.
    """

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    source: str = ""
    tool: bool = False
    note: str = ""
    heat: bool = False
    narrow: bool = False

    @property
    def body(self) -> Markup:
        """The rows as HTML: a template would take seconds for thousands of cells."""
        return Markup("\n").join(self._row(row) for row in self.rows)

    def _row(self, row: tuple[Cell, ...]) -> Markup:
        made: list[str] = []
        for place, (cell, column) in enumerate(zip(row, self.columns, strict=True)):
            tag, scope = ("td", "") if place else ("th", ' scope="row"')
            kind = ' class="num"' if column.numeric else ""
            heat = "" if cell.heat is None else f' style="--h:{cell.heat:.1f}"'
            by = f"{cell.sort:.9g}" if isinstance(cell.sort, float) else cell.sort
            sort = f' data-sort="{escape(by)}"' if self.tool and by is not None and by != cell.text else ""
            made.append(f"<{tag}{scope}{kind}{heat}{sort}>{_content(cell)}</{tag}>")
        return Markup(f"<tr>{''.join(made)}</tr>")

    @property
    def brief(self) -> int:
        """So many rows are shown at first; 0 for all."""
        return BRIEF if self.tool and len(self.rows) > BRIEF + 4 else 0


def _content(cell: Cell) -> str:
    text = str(escape(cell.text))
    if cell.chip:
        text = f'<span class="chip {escape(cell.chip.tone)}">{escape(cell.chip.text)}</span>'
    elif cell.link:
        text = f'<a class="def" href="#{escape(cell.link)}">{text}</a>'
    note = f"<small>{escape(cell.note)}</small>" if cell.note else ""
    bar = "" if cell.bar is None else f'<span class="bar" style="--w:{cell.bar:.1f}"></span>'
    return f"{cell.picture}{text}{note}{bar}"


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and the numbers it was drawn from."""

    drawing: Markup
    caption: str
    numbers: Sheet | None = None


@dataclass(frozen=True)
class Component:
    """One subject of a page: a sentence, figures, tables, or the reasons why there is nothing to show."""

    id: str
    title: str
    said: str = ""
    figures: tuple[Figure, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    absent: tuple[str, ...] = ()
    tone: str = "none"

    @property
    def sources(self) -> tuple[str, ...]:
        """The tables of the warehouse that its numbers come from, each once."""
        every = [*self.sheets, *(one.numbers for one in self.figures if one.numbers)]
        return tuple(dict.fromkeys(sheet.source for sheet in every if sheet.source))


def columns(*names: str) -> tuple[Column, ...]:
    """Columns from their headings: one that ends in # holds numbers, one that ends in ? is a choice.

    >>> columns("Step", "Users#", "Status?")[1]
    Column(name='Users', numeric=True, choice=False)
    """
    return tuple(Column(name.rstrip("#?"), name.endswith("#"), name.endswith("?")) for name in names)


def value_cell(value: object, unit: str | None, *, link: str = "", note: str = "") -> Cell:
    """A value in its unit, sorted by its size."""
    return Cell(figure(value, unit), known(value), link=link if known(value) is not None else "", note=note)


def count_cell(value: object, *, link: str = "") -> Cell:
    """A whole number, sorted by its size."""
    return Cell(count(value), known(value), link=link if known(value) is not None else "")


def share_cell(row: Mapping[str, object], name: str, *, low: str = "ci_low", high: str = "ci_high", bar: bool = False) -> Cell:
    """A share of 1 with its interval as a note, optionally with a bar."""
    value = known(row.get(name))
    spread = between(row.get(low), row.get(high), "share") if value is not None else ""
    return Cell(share(value), value, note=spread, bar=100 * value if bar and value is not None else None)


def text_cell(value: object, *, note: str = "") -> Cell:
    """A text; a dash when there is none."""
    return Cell(DASH if value is None or value == "" else str(value), "" if value is None else str(value), note=note)


def absent(found: Mapping[str, Extracted], *names: str) -> tuple[str, ...]:
    """Why each of the named extracts has no rows; none for those that have some."""
    lacking = [found[name].reason or "no rows for this day" for name in names if not len(found[name].rows)]
    return tuple(dict.fromkeys(lacking))
