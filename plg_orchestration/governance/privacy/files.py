"""Every other file: texts, CSV, Parquet and databases without the people; what cannot be changed is said.

Input files are `inputs.py`, the lake and the warehouse `rows.py`.
"""

import csv
import io
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from plg_orchestration.config import expressions as say
from plg_orchestration.failpoints import failpoint
from plg_orchestration.governance.privacy.databases import clean_database, is_database
from plg_orchestration.governance.privacy.identifiers import SUBJECTS, Identifiers
from plg_orchestration.governance.privacy.inputs import parquet_hits, rewrite_parquet
from plg_orchestration.governance.privacy.lines import Lines, Subject
from plg_orchestration.governance.privacy.needles import Needles
from plg_orchestration.ingest.reasons import FileRefused
from plg_orchestration.warehouse.parquet import sync_folder


def clean_files(paths: Iterable[Path], found: Identifiers, needles: Needles, judge: Lines) -> tuple[int, list[str]]:
    """Take the people out of each file; how many files changed, and what could not be done, in words."""
    changed, problems = 0, list[str]()
    for path in paths:
        failpoint("erasure.file")
        try:
            if is_database(path):
                cells, said = clean_database(path, needles)
                changed, problems = changed + bool(cells), problems + said
            elif path.suffix == ".parquet":
                changed += _clean_parquet(path, judge)
            else:
                changed += _clean_text(path, found, needles)
        except FileNotFoundError:
            continue
        except (OSError, FileRefused) as error:
            problems.append(f"{path}: {error}; mend it and run the erasure again")
        except UnicodeDecodeError:
            problems.append(f"{path}: names a person in bytes that are no text; remove the file and run the erasure again")
    return changed, problems


def any_table(template: Lines) -> Lines:
    """A judge of tables of our own, whose columns bear the names that say whom a row is about."""
    template.subjects = tuple(Subject(say.Column(column=name), kind) for name, kind in SUBJECTS.items())
    return template


def remove_unread(paths: Iterable[Path], needles: Needles) -> int:
    """Remove the copies of unreadable files that name somebody, also where they are UTF-16; how many."""
    removed = 0
    for path in paths:
        data = path.read_bytes()
        wide = [data.decode(form, "ignore").encode() for form in ("utf-16-le", "utf-16-be")]
        if any(needles.find(text) for text in (data, *wide, data[1:].decode("utf-16-le", "ignore").encode())):
            path.unlink()
            removed += 1
    return removed


def _clean_parquet(path: Path, judge: Lines) -> bool:
    if not judge.found.short and not parquet_hits(path, judge.needles):
        return False
    temporary = path.with_name(f".{path.name}.part")
    if rewrite_parquet(path, temporary, judge) is None:
        return False
    temporary.rename(path)
    sync_folder(path.parent)
    return True


def _clean_text(path: Path, found: Identifiers, needles: Needles) -> bool:
    data = path.read_bytes()
    if not needles.everywhere(data):
        return False
    new = _without_rows(data, found, needles) if path.suffix == ".csv" else needles.redacted(data, rows=True)
    new.decode("utf-8")
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as handle:
        handle.write(new)
        handle.flush()
        os.fsync(handle.fileno())
    shutil.copymode(path, temporary)
    temporary.rename(path)
    sync_folder(path.parent)
    return True


def _without_rows(data: bytes, found: Identifiers, needles: Needles) -> bytes:
    """A CSV file without the rows in which one of the people stands alone in a cell."""
    text = data.decode("utf-8")
    ids = frozenset(found.names)
    kept = [row for row in csv.reader(io.StringIO(text, newline="")) if not any(cell.strip().lstrip("'") in ids for cell in row)]
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\r\n" if "\r\n" in text else "\n").writerows(kept)
    return needles.redacted(made.getvalue().encode())
