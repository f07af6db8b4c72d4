"""Loading a workspace from its `plg.yaml`: packaged defaults below it, every problem found and reported together.

How YAML is read is in `strict_yaml.py`; what keys mean is in the models of the sections.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import StringConstraints, ValidationError, ValidationInfo, field_validator

from plg_orchestration.config.explain import explain
from plg_orchestration.config.expressions import VARIABLE, DataPath, expand
from plg_orchestration.config.problems import InvalidConfiguration, Problem, choose, place
from plg_orchestration.config.section import Section, default_document
from plg_orchestration.config.sources import Sources, Zone
from plg_orchestration.config.strict_yaml import Document, read_yaml
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.config.workspace import Workspace

FILE = "plg.yaml"
SECTIONS: Mapping[str, tuple[str, str]] = {
    "instrumentation": ("plg_orchestration.ingest.policy", "InstrumentationPolicy"),
    "behavior": ("plg_orchestration.behavior.policy", "BehaviorPolicy"),
    "funnels": ("plg_orchestration.cohorts.funnels.policy", "FunnelPolicy"),
    "activation": ("plg_orchestration.cohorts.activation.policy", "ActivationPolicy"),
    "segments": ("plg_orchestration.cohorts.segmentation.policy", "SegmentPolicy"),
    "plays": ("plg_orchestration.cohorts.plays.policy", "PlayPolicy"),
    "virality": ("plg_orchestration.cohorts.virality.policy", "ViralityPolicy"),
    "paths": ("plg_orchestration.cohorts.paths.policy", "PathPolicy"),
    "pql": ("plg_orchestration.pql.policy", "PqlPolicy"),
    "revenue": ("plg_orchestration.revenue.policy", "RevenuePolicy"),
    "kpis": ("plg_orchestration.kpis.policy", "KpiPolicy"),
    "governance": ("plg_orchestration.governance.policy", "GovernancePolicy"),
    "experiments": ("plg_orchestration.experiments.policy", "ExperimentPolicy"),
}
"""The policy sections: key in `plg.yaml`, module and model. They are imported when a workspace is loaded."""


class Head(Section):
    """The keys of `plg.yaml` that belong to no section."""

    workspace: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$")]
    start: dt.date
    last_day: dt.date | None = None
    timezone: Zone = "UTC"
    state: DataPath = ".plg"
    sources: Sources

    @field_validator("last_day")
    @classmethod
    def _after_start(cls, last: dt.date | None, info: ValidationInfo) -> dt.date | None:
        start = cast("dt.date | None", info.data.get("start"))
        if last is not None and start is not None and last < start:
            raise ValueError(f"last_day {last} is before start {start}; correct one of them")
        return last


NOT_MADE_YET = """\
workspace: demo
start: 2025-01-01
last_day: 2025-09-02
sources:
  events: {path: "data/events/*.jsonl", format: segment}
"""
"""What stands for the demonstration workspace until `plg demo` has written it."""


def workspace_file(path: Path) -> Path:
    """The `plg.yaml` that `path` means: itself, or the one in that folder."""
    return path / FILE if path.is_dir() else path


def current_workspace() -> Workspace:
    """The workspace that `PLG_WORKSPACE` names; the demonstration workspace in `demo/` when it is unset.

    Definitions must load before the demonstration was made: until then it is the bare workspace of `NOT_MADE_YET`.
    """
    named = os.environ.get("PLG_WORKSPACE")
    file = workspace_file(Path(named or "demo"))
    bare = Path("demo") / FILE
    if named or bare.exists():
        return load_workspace(file)
    return _load(bare.absolute(), str(bare), NOT_MADE_YET, ())


def load_workspace(path: Path | str) -> Workspace:
    """The workspace of a `plg.yaml`, or of the folder that holds one; InvalidConfiguration lists everything that is wrong."""
    file = workspace_file(Path(path))
    text = read_text(file)
    environment = tuple((name, os.environ.get(name)) for name in sorted(set(VARIABLE.findall(text))))
    return _approved(_load(file.absolute(), str(file), text, environment))


def _approved(workspace: Workspace) -> Workspace:
    """The workspace with the points that a person approved (`pql/scorers/approval.py`), itself where nobody did."""
    from plg_orchestration.pql.scorers.approval import FILE as POINTS
    from plg_orchestration.pql.scorers.approval import in_force

    if not (workspace.root / POINTS).exists():
        return workspace
    return replace(workspace, pql=in_force(workspace.pql, workspace.root))


def read_text(file: Path) -> str:
    """The file's text; InvalidConfiguration when it is not there or is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = file.read_bytes().count(b"\n", 0, error.start) + 1
        raise InvalidConfiguration([Problem(str(file), line, "", "not UTF-8 text", "save the file as UTF-8")]) from None
    except OSError as error:
        remedy = "write one (`plg init DATA` proposes it, `plg demo` makes a demonstration), or set PLG_WORKSPACE"
        raise InvalidConfiguration([Problem(str(file), 1, "", f"cannot be read ({error.strerror})", remedy)]) from None


@lru_cache(maxsize=16)
def _load(path: Path, file: str, text: str, environment: tuple[tuple[str, str | None], ...]) -> Workspace:
    """Parsed anew when the text or a variable that it names has changed."""
    document = read_yaml(text, file=file)
    whole = _with_defaults(document)
    problems = [*whole.problems, *_unknown_keys(document)]
    parts: dict[str, Any] = {}
    for name, model in {"": Head, "taxonomy": Taxonomy, **_section_models()}.items():
        here = (name,) if name in SECTIONS else ()
        value = whole.data[name] if here else {key: value for key, value in whole.data.items() if key in model.model_fields}
        try:
            parts[name] = model.model_validate(value)
        except ValidationError as error:
            problems += explain(error, whole, model, at=here)
    if not problems:
        faults = [
            *parts["activation"].faults(parts["taxonomy"]),
            *parts["governance"].initiative_faults(parts["experiments"].experiments),
        ]
        problems = [Problem(*_at(whole, path), message, remedy) for path, message, remedy in faults]
    if problems:
        raise InvalidConfiguration(problems)
    head: Head = parts.pop("")
    return Workspace(
        name=head.workspace, path=path, root=path.parent, state=path.parent / expand(head.state), timezone=head.timezone,
        start=head.start, last_day=head.last_day, sources=head.sources, **parts,
    )  # fmt: skip


def _at(document: Document, path: tuple[str | int, ...]) -> tuple[str, int, str]:
    """The file, line and place of a key."""
    mark = document.mark(path)
    return mark.file, mark.line, place(path)


def _section_models() -> dict[str, type[Section]]:
    return {name: getattr(import_module(module), model) for name, (module, model) in SECTIONS.items()}


def _with_defaults(document: Document) -> Document:
    """The packaged defaults with the document on top: sections are merged, each key of the taxonomy is replaced as a whole.

    An empty key, such as `pql:` with nothing after it, leaves the default as it is.
    """
    optional = {*SECTIONS, *Taxonomy.model_fields}
    given = {key: value for key, value in document.data.items() if value is not None or key not in optional}
    taxonomy = default_document("taxonomy")
    kept = {key: value for key, value in taxonomy.data.items() if key not in given}
    base = Document(kept, {(): document.mark(()), **taxonomy.marks})
    for name in SECTIONS:
        base = base.merged(default_document(name).under(name))
    return base.merged(Document(given, document.marks, document.problems))


def _unknown_keys(document: Document) -> list[Problem]:
    known = {*Head.model_fields, *Taxonomy.model_fields, *SECTIONS}
    unknown = [(key, document.mark((key,))) for key in document.data if key not in known]
    return [Problem(mark.file, mark.line, key, f"unknown key {key!r}", choose(key, known, what="keys")) for key, mark in unknown]
