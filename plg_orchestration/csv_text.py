"""Rows as CSV for people and tools: text that a spreadsheet cannot mistake for formulas.

Which rows are written, and where to, belongs to the stages; how a file is replaced in one step, to `warehouse/parquet.py`.
"""

import csv
import io

import pyarrow as pa

RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins with one of these may be run as a formula; an apostrophe before it makes it plain text."""


def csv_text(rows: pa.Table) -> str:
    """The rows as CSV: a header, every row in the order given, a line feed after each, texts quoted, instants as UTC.

    >>> print(csv_text(pa.table({"reason": ["=1+1", "a, b"], "place": [1, None]})))
    "reason","place"
    "'=1+1",1
    "a, b",""
    <BLANKLINE>
    """
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    writer.writerow(rows.column_names)
    columns = [_cells(column) for column in rows.columns]
    writer.writerows(zip(*columns, strict=True))
    return target.getvalue()


def _cells(column: pa.ChunkedArray) -> list[object]:
    if pa.types.is_timestamp(column.type):
        return [None if value is None else f"{value.isoformat()}Z" for value in column.to_pylist()]
    if pa.types.is_string(column.type):
        return [f"'{value}" if value is not None and value.startswith(RISKY) else value for value in column.to_pylist()]
    return column.to_pylist()
