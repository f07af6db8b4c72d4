"""Registered model versions and the alias `champion`: one write after everything else is committed.

The warehouse says who is champion (`pql.promotions`); the alias repeats it for people who look into MLflow. Models are never
loaded from here.
"""

from typing import TYPE_CHECKING

from plg_orchestration.tracking.record import TrainingRecord
from plg_orchestration.tracking.store import Tracking, TrackingUnavailable, client_of, quoted

if TYPE_CHECKING:
    from mlflow import MlflowClient

ALIAS = "champion"
VERSION = "plg.version"
LONGEST = 5000
"""Characters that MLflow keeps of a tag."""


def register(client: "MlflowClient", tracking: Tracking, record: TrainingRecord, *, run_id: str) -> str:
    """The number of the record's model version: the one that carries its label, else a new one from the run's artifacts.

    Tags carry the label, digest and verdict; a version that was not promoted says `rejected`, or `not_judged` where a rebuilt day
    keeps the judgment on another version, with the reason.
    """
    name = tracking.model_name(record.target)
    number = version_number(client, name, record.version)
    if number is None:
        _ensure_model(client, name, record.target)
        source = f"{client.get_run(run_id).info.artifact_uri}/model"
        tags = {
            VERSION: record.version,
            "plg.digest": str(record.model["digest"]),
            "plg.data_hash": str(record.model["data_hash"]),
        }
        number = str(client.create_model_version(name, source, run_id, tags=tags).version)
    judged = record.judgment
    outcome = str(judged.get("outcome") or ("promoted" if judged["promoted"] else "rejected"))
    described = f"{record.version}: {outcome}. {judged['reason']}. Load by the digest in the manifest, not by MLflow."
    client.update_model_version(name, number, described)
    client.set_model_version_tag(name, number, "plg.outcome", outcome)
    client.set_model_version_tag(name, number, "plg.verdict", str(judged["verdict"]))
    client.set_model_version_tag(name, number, "plg.reason", str(judged["reason"])[:LONGEST])
    return number


def point_alias(tracking: Tracking, *, target: str, scorer: str, version: str) -> str | None:
    """Let the alias `champion` name the promoted version; call it after the warehouse has committed, as often as you like.

    Returns the number of the registered version; None when a formula routes, in which case there is no alias. A version that is
    not registered is TrackingUnavailable: log its training first.
    """
    with client_of(tracking) as client:
        name = tracking.model_name(target)
        current = _aliased(client, name)
        if scorer != "model":
            if current is not None:
                client.delete_registered_model_alias(name, ALIAS)
            return None
        number = version_number(client, name, version)
        if number is None:
            raise TrackingUnavailable(
                f"MLflow model {name}: version {version} is not registered; log its training, then point again"
            )
        if current != number:
            client.set_registered_model_alias(name, ALIAS, number)
        return number


def _ensure_model(client: "MlflowClient", name: str, target: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name, description=f"Probability of {target}; the alias `{ALIAS}` routes leads today.")


def version_number(client: "MlflowClient", name: str, version: str) -> str | None:
    """The number of the registered version that carries the label; None when it is not registered."""
    found = client.search_model_versions(f"name = {quoted(name)} and tags.`{VERSION}` = {quoted(version)}")
    return min((str(v.version) for v in found), key=int, default=None)


def _aliased(client: "MlflowClient", name: str) -> str | None:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(name, ALIAS).version)
    except MlflowException:
        return None
