"""A model file that was changed, or that names a foreign type, is refused before anything of it is built."""

import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from plg_orchestration.pql.training.artifacts import (
    ALLOWED_TYPES,
    MODEL_FILE,
    StoredModel,
    UntrustedModel,
    canonical,
    load_model,
    store_model,
    types_named,
)
from plg_orchestration.pql.training.model import model_inputs


@pytest.fixture
def content(grown):
    row = grown.training.candidate.iloc[0]
    return (grown.state / row["artifact"] / MODEL_FILE).read_bytes()


def stored(folder, content):
    folder.mkdir(exist_ok=True)
    (folder / MODEL_FILE).write_bytes(content)
    return StoredModel(folder, hashlib.sha256(content).hexdigest())


def test_a_stored_model_comes_back_with_the_same_probabilities(grown, content, tmp_path):
    kept = store_model(tmp_path / "m", content, {"version": "v"})
    row = grown.training.candidate.iloc[0]
    model = load_model(kept)
    predictions = grown.training.predictions
    scores = predictions.loc[predictions["scorer"] == "model", "score"].astype(float)
    assert np.isfinite(scores).all() and model.encoded_names
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["sha256"] == kept.digest == row["digest"] and set(manifest["types"]) <= ALLOWED_TYPES


def test_one_flipped_bit_anywhere_is_refused(content, tmp_path):
    kept = stored(tmp_path / "m", content)
    for place in (0, len(content) // 3, len(content) - 1):
        damaged = bytearray(content)
        damaged[place] ^= 1
        (kept.folder / MODEL_FILE).write_bytes(damaged)
        with pytest.raises(UntrustedModel, match="the file was changed"):
            load_model(kept)


def test_a_missing_model_file_names_the_file_and_the_remedy(tmp_path):
    with pytest.raises(UntrustedModel, match="roll back the champion"):
        load_model(StoredModel(tmp_path, "0" * 64))


def test_a_foreign_type_is_refused_although_the_digest_matches(content, tmp_path):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    schema["content"]["pipeline"]["__module__"], schema["content"]["pipeline"]["__class__"] = "subprocess", "Popen"
    members["schema.json"] = json.dumps(schema).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as target:
        for name, value in members.items():
            target.writestr(name, value)
    with pytest.raises(UntrustedModel, match=r"names the type subprocess\.Popen"):
        load_model(stored(tmp_path / "m", packed.getvalue()))


def test_a_pickle_in_place_of_a_model_is_refused_and_not_executed(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "executed"), "w"))

    with pytest.raises(UntrustedModel, match="no skops archive"):
        load_model(stored(tmp_path / "m", pickle.dumps(Trap())))
    assert not (tmp_path / "executed").exists()


def test_canonical_bytes_do_not_depend_on_object_identities_or_time(content):
    from skops.io import dumps, loads

    model = loads(content, trusted=sorted(ALLOWED_TYPES))
    assert canonical(dumps(model)) == canonical(dumps(loads(dumps(model), trusted=sorted(ALLOWED_TYPES)))) == content
    assert types_named(content) <= ALLOWED_TYPES


def test_inputs_are_logs_of_counts_flags_and_declared_values_for_the_unknown(grown):
    import pandas as pd

    from plg_orchestration.pql.features.registry import FEATURES

    empty = {f.name: None for f in FEATURES}
    rows = pd.DataFrame([{**empty, "events_7d": 3, "activated": True, "segment": "smb"}, empty], dtype=object)
    inputs = model_inputs(rows)
    assert inputs.loc[0, ["events_7d", "activated", "segment"]].tolist() == [pytest.approx(np.log(4)), 1.0, "smb"]
    assert inputs.loc[1, ["events_7d", "activated", "segment"]].tolist() == [0.0, 0.0, "unknown"]
    assert inputs.loc[1, "days_since_last_active"] == pytest.approx(np.log(401))


def test_bytes_between_the_fields_of_records_do_not_count():
    def archive(garbage):
        records = np.zeros(2, dtype=np.dtype([("left", "<i8"), ("leaf", "u1")], align=True))
        records.view(np.uint8)[9:16] = garbage
        packed, held = io.BytesIO(), io.BytesIO()
        np.save(held, records)
        with zipfile.ZipFile(packed, "w") as target:
            target.writestr("1.npy", held.getvalue())
            target.writestr("schema.json", json.dumps({"file": "1.npy", "__id__": garbage}))
        return packed.getvalue()

    assert archive(1) != archive(7) and canonical(archive(1)) == canonical(archive(7))


def test_a_swapped_mlmodel_beside_the_model_is_never_read(grown, content, tmp_path):
    kept = store_model(tmp_path / "m", content, {"version": "v"})
    trap = f"__import__('pathlib').Path({str(tmp_path / 'executed')!r}).write_text('')"
    (tmp_path / "m" / "code").mkdir()
    (tmp_path / "m" / "code" / "__init__.py").write_text(trap)
    (tmp_path / "m" / "conftest.py").write_text(trap)
    flavor = {"python_function": {"loader_module": "code", "code": "code"}, "skops": {"trusted": ["subprocess.Popen"]}}
    (tmp_path / "m" / "MLmodel").write_text(json.dumps({"flavors": flavor}))
    assert load_model(kept).encoded_names and not (tmp_path / "executed").exists()
