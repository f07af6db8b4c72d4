"""Second files by which a mapping finds values: read whole into `(key, value)`.

How an ordinary source's files are read is in `reading.py`.
"""

import csv
import glob
import json
import os
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import pyarrow as pa

from plg_orchestration.config.expressions import LookupTable, expand
from plg_orchestration.errors import ConfigurationError


def lookup_table(table: LookupTable, root: Path) -> pa.Table:
    """`(key VARCHAR, value VARCHAR)` of the lookup's files; of several rows with one key the first in file order counts."""
    pattern = os.path.join(glob.escape(str(root)), expand(table.path, glob.escape))  # noqa: PTH118 (keeps a trailing **)
    paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 (absolute patterns)
    if not paths:
        raise ConfigurationError(f"lookup {table.path!r}: no such file; correct the path in plg.yaml")
    stamps = tuple((path, Path(path).stat().st_mtime_ns) for path in paths)
    return _read(stamps, table.format, table.key, table.value)


@lru_cache(maxsize=8)
def _read(stamps: tuple[tuple[str, int], ...], form: str, key: str, value: str) -> pa.Table:
    found: dict[str, str | None] = {}
    for path, _ in stamps:
        for row in _rows(path, form):
            if key not in row or value not in row:
                raise ConfigurationError(
                    f"lookup {path}: no column {key if key not in row else value!r}; it has {', '.join(row)[:200]}"
                )
            if row[key] not in (None, ""):
                found.setdefault(str(row[key]), None if row[value] in (None, "") else str(row[value]))
    return pa.table({"key": pa.array(list(found), pa.string()), "value": pa.array(list(found.values()), pa.string())})


def _rows(path: str, form: str) -> Iterator[Mapping[str, object]]:
    if form == "parquet":
        import pyarrow.parquet as pq

        yield from pq.read_table(path).to_pylist()
        return
    with Path(path).open(encoding="utf-8-sig", newline="") as handle:
        if form == "csv":
            yield from csv.DictReader(handle)
        else:
            yield from (json.loads(line) for line in handle if line.strip())
