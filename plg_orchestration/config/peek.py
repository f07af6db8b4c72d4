"""A glance at the head of a data file: which columns it seems to have.

Reading a file line by line, and judging its lines, belongs to ingest.
"""

import csv
import gzip
import json
from itertools import islice
from pathlib import Path
from typing import cast

from plg_orchestration.config.expressions import FileFormat

LINES = 200
LINE_CHARACTERS = 1_000_000


def columns_of(path: Path, kind: FileFormat) -> tuple[str, ...]:
    """The columns of a CSV's header, of a Parquet file's schema, or of the first JSON lines together, in order.

    OSError or ValueError when the head cannot be read as what it should be.
    """
    if kind == "parquet":
        import pyarrow.parquet as pq

        return tuple(pq.read_schema(path).names)
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as handle:
        lines = [line[:LINE_CHARACTERS] for line in islice(handle, 1 if kind == "csv" else LINES)]
    if kind == "csv":
        return tuple(next(csv.reader(lines), []))
    keys: dict[str, None] = {}
    for line in filter(str.strip, lines):
        value: object = json.loads(line)
        if isinstance(value, dict):
            keys.update(dict.fromkeys(cast("dict[str, object]", value)))
    return tuple(keys)
