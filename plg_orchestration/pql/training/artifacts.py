"""Fitted models as files: canonical skops bytes beside a manifest, read back only when digest and types are the expected ones.

A model file is code in disguise, so nothing here unpickles, and MLflow's loaders are never used. Which version routes leads is
decided elsewhere.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np

from plg_orchestration import __version__
from plg_orchestration.errors import PlgError
from plg_orchestration.pql.training.model import Model
from plg_orchestration.warehouse.parquet import sync_folder, write_text

ALLOWED_TYPES = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.slice", "builtins.str", "builtins.int", "builtins.float",
    "builtins.bool", "builtins.type", "numpy.ndarray", "numpy.dtype", "numpy.float64", "numpy.int64", "numpy.uint64",
    "numpy.bool", "numpy.bool_",
    "sklearn.compose._column_transformer.ColumnTransformer", "sklearn.linear_model._logistic.LogisticRegression",
    "sklearn.pipeline.Pipeline", "sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.ensemble._forest.RandomForestClassifier", "sklearn.tree._classes.DecisionTreeClassifier", "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper", "sklearn.preprocessing._label.LabelEncoder",
    "sklearn._loss._loss.CyHalfBinomialLoss", "sklearn._loss.loss.HalfBinomialLoss", "sklearn._loss.link.LogitLink",
    "sklearn._loss.link.Interval",
})  # fmt: skip
"""Every type that a model file of ours may name; a file that names another is refused before anything is built."""
MODEL_FILE = "model.skops"
MANIFEST_FILE = "manifest.json"
EPOCH = (1980, 1, 1, 0, 0, 0)


class UntrustedModel(PlgError):
    """A model file is not what was promoted, or names types that a model of ours never does; it was not loaded."""


@dataclass(frozen=True)
class StoredModel:
    """Where a model version lies and what its bytes must hash to (SHA-256, hex)."""

    folder: Path
    digest: str


def model_bytes(model: Model) -> bytes:
    """The model as canonical skops bytes: the same fitted numbers give the same bytes on every run."""
    from skops.io import dumps

    bent = {"bends": model.bends, "knots": model.knots} if len(model.knots) else {}
    return canonical(dumps({"calibration": model.calibration, "pipeline": model.pipeline, **bent}))


def canonical(archive: bytes) -> bytes:
    """A skops archive with its object ids renumbered in order of appearance, members renamed alike, times fixed, gaps zeroed."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        members = {name: _without_gaps(source.read(name)) for name in source.namelist()}
    schema = json.loads(members.pop("schema.json"))
    numbers: dict[object, int] = {}
    renamed: dict[str, str] = {}

    def tidy(node: Any) -> Any:
        if isinstance(node, list):
            return [tidy(part) for part in node]
        if not isinstance(node, dict):
            return node
        made = {key: tidy(node[key]) for key in sorted(node)}
        if "__id__" in made:
            made["__id__"] = numbers.setdefault(made["__id__"], len(numbers) + 1)
        if isinstance(made.get("file"), str) and made["file"] in members:
            suffix = Path(made["file"]).suffix
            made["file"] = renamed.setdefault(made["file"], f"array-{len(renamed) + 1:04d}{suffix}")
        return made

    members = {"schema.json": json.dumps(tidy(schema), sort_keys=True).encode(), **{renamed[n]: b for n, b in members.items()}}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as target:
        for name in sorted(members):
            target.writestr(zipfile.ZipInfo(name, EPOCH), members[name])
    return packed.getvalue()


def _without_gaps(content: bytes) -> bytes:
    """An array of records with the bytes between its fields set to zero: they hold whatever lay in memory. Else as it is."""
    if not content.startswith(b"\x93NUMPY"):
        return content
    records = np.load(io.BytesIO(content), allow_pickle=False)
    if records.dtype.names is None:
        return content
    clean = np.zeros(records.shape, records.dtype)
    for name in records.dtype.names:
        clean[name] = records[name]
    packed = io.BytesIO()
    np.save(packed, clean, allow_pickle=False)
    return packed.getvalue()


def store_model(folder: Path, content: bytes, manifest: dict[str, object]) -> StoredModel:
    """Write model and manifest into `folder`, each in one step; the manifest comes last and names the model's digest."""
    digest = hashlib.sha256(content).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{MODEL_FILE}.part"
    temporary.write_bytes(content)
    temporary.rename(folder / MODEL_FILE)
    sync_folder(folder)
    described = {**manifest, "file": MODEL_FILE, "sha256": digest, "bytes": len(content), "types": sorted(types_named(content))}
    write_text(folder / MANIFEST_FILE, json.dumps(described, indent=2, sort_keys=True) + "\n")
    return StoredModel(folder, digest)


def load_model(stored: StoredModel) -> Model:
    """The model at `stored.folder`; UntrustedModel when its bytes or its types are not the expected ones.

    The digest is the one that was recorded when the version was judged, not the one that stands beside the file.
    """
    path = stored.folder / MODEL_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UntrustedModel(f"{path}: cannot be read ({error.strerror}); restore the file or roll back the champion") from error
    found = hashlib.sha256(content).hexdigest()
    if found != stored.digest:
        raise UntrustedModel(
            f"{path}: SHA-256 is {found}, but {stored.digest} was judged and promoted; the file was changed: restore it from "
            "the version's artifacts in MLflow or roll back the champion"
        )
    foreign = sorted(types_named(content) - ALLOWED_TYPES)
    if foreign:
        raise UntrustedModel(f"{path}: names the type {foreign[0]}, which no model of ours contains; it was not loaded")
    from skops.io import loads

    parts = loads(content, trusted=sorted(ALLOWED_TYPES))
    return Model(**parts)


def types_named(content: bytes) -> set[str]:
    """Every type that a skops archive names, read from its schema, building nothing; UntrustedModel when it has none."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            schema = json.loads(archive.read("schema.json"))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise UntrustedModel(f"the model file is no skops archive ({error}); it was not loaded") from error
    found: set[str] = set()
    waiting: list[Any] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if "__class__" in node and "__module__" in node:
                found.add(f"{node['__module__']}.{node['__class__']}")
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found


@cache
def code_version() -> str:
    """The package's version and the first 8 hex digits of a SHA-256 over this stage's sources: which code trained a model."""
    digest = hashlib.sha256()
    for name, content in _sources(files("plg_orchestration.pql"), ""):
        digest.update(name.encode() + b"\0" + content + b"\0")
    return f"{__version__}+{digest.hexdigest()[:8]}"


def _sources(folder: Traversable, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _sources(entry, f"{path}{entry.name}/")
        elif re.fullmatch(r"\w+\.(py|sql)", entry.name):
            yield f"{path}{entry.name}", entry.read_bytes()
