"""Everything that can be found wrong with a workspace before it is run: its configuration, and the files that it names.

Faults of single lines are ingest's to find; here files are listed, and the head of the first file of a source is looked at.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path as FilePath

from plg_orchestration.config.expressions import FileFormat, Lookup, expand
from plg_orchestration.config.load import load_workspace, read_text, workspace_file
from plg_orchestration.config.peek import columns_of
from plg_orchestration.config.problems import InvalidConfiguration, Problem, choose, place
from plg_orchestration.config.sources import SCANS, Source
from plg_orchestration.config.strict_yaml import Document, Path, read_yaml
from plg_orchestration.config.workspace import Workspace

REPORTS = 3
"""The newest reports of a scanner that are looked at."""


def check_workspace(path: FilePath | str) -> list[Problem]:
    """Every problem of the workspace at `path`, in the order of its lines; empty when all is well.

    Errors are those for which it cannot be loaded; warnings are files that are not there or cannot be read, files that two
    sources read, and mapped columns that a source's first file does not have.
    """
    file = workspace_file(FilePath(path))
    try:
        workspace = load_workspace(file)
        document = read_yaml(read_text(file), file=str(file))
    except InvalidConfiguration as error:
        return list(error.problems)
    found = list(_shared_files(workspace, document))
    for name, source in workspace.sources.items():
        found += _source(source, workspace.root, document, ("sources", name))
    return sorted(found)


def _warning(document: Document, path: Path, message: str, remedy: str) -> Problem:
    mark = document.mark(path)
    return Problem(mark.file, mark.line, place(path), message, remedy, "warning")


def _shared_files(workspace: Workspace, document: Document) -> Iterator[Problem]:
    readers: dict[FilePath, str] = {}
    for name, source in workspace.sources.items():
        for file in source.files(workspace.root):
            first = readers.setdefault(file, name)
            if first != name:
                message = f"{file.name} is also read by source {first!r}"
                yield _warning(document, ("sources", name, "path"), message, "narrow one of the two paths, or drop one source")
                break


def _source(source: Source, root: FilePath, document: Document, at: Path) -> Iterator[Problem]:
    files = source.files(root)
    if not files:
        yield _warning(document, (*at, "path"), f"no file is there ({source.path!r})", "correct the path, or hand the files in")
        return
    columns = source.columns or {}
    for name, expression in columns.items():
        if isinstance(expression, Lookup):
            table, where = expression.lookup, (*at, "columns", name, "lookup")
            needed = [((*where, "key"), table.key), ((*where, "value"), table.value)]
            yield from _columns(root / expand(table.path), table.format, needed, document, where)
    if source.format == "segment":
        return
    if source.format == "stripe":
        yield from _tables(source, files, document, (*at, "path"))
        return
    if source.format in SCANS:
        yield from _reports(source, files, document, (*at, "path"), root=root)
        return
    needed = [((*at, "columns", name), column) for name, made in columns.items() for column in made.source_columns]
    if source.columns is None:
        needed = [(at, column.name) for column in source.canonical.columns if column.required]
    yield from _columns(files[0], source.format, needed, document, at)


def _tables(source: Source, files: Sequence[FilePath], document: Document, at: Path) -> Iterator[Problem]:
    """A warning for each file that is none of the exported tables that the dialect knows."""
    from plg_orchestration.ingest.dialects.stripe import TABLES, layout_of

    for file in files:
        try:
            known = layout_of(columns_of(file, "parquet" if source.kind_of(file) == "parquet" else "csv")) is not None
        except (OSError, ValueError) as error:
            yield _warning(document, at, f"{file.name} cannot be read ({error})", "correct the path or the file")
            continue
        if not known:
            message = f"{file.name} is none of Stripe's tables that MRR is made of ({TABLES})"
            yield _warning(document, at, message, "narrow the path; the file will be refused")


def _reports(source: Source, files: Sequence[FilePath], document: Document, at: Path, *, root: FilePath) -> Iterator[Problem]:
    """A warning for each of the newest reports of a scanner that will be refused."""
    from plg_orchestration.ingest.reasons import FileRefused
    from plg_orchestration.ingest.scans import ScanFile

    for file in files[-REPORTS:]:
        try:
            ScanFile(file, source.format, date=source.file_date(file, root=root), timezone="UTC")
        except FileRefused as error:
            yield _warning(
                document, at, f"{file.name} will be refused: {error}", f"it is to be a report in format {source.format}"
            )


def _columns(
    file: FilePath, kind: FileFormat, needed: Sequence[tuple[Path, str]], document: Document, at: Path
) -> Iterator[Problem]:
    """A warning at its path for each needed column that the head of the file does not show."""
    try:
        there = columns_of(file, kind)
    except (OSError, ValueError) as error:
        yield _warning(document, at, f"{file.name} cannot be read as {kind} ({error})", "correct the path or the format")
        return
    for where, column in needed:
        if column not in there:
            remedy = choose(column, there, what=f"columns of {file.name}")
            yield _warning(document, where, f"{file.name} seems to have no column {column!r}", remedy)
