"""What a section of `plg.yaml` is: a strict, frozen model with a packaged default, and the `config.*` tables that it yields.

The sections themselves live in their stages (`pql/policy.py`, `kpis/policy.py`, ...); reading YAML is in `strict_yaml.py`.
"""

from functools import cache
from importlib.resources import files
from typing import TypeVar

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.strict_yaml import Document, read_yaml


class Section(BaseModel):
    """One part of the configuration: unknown keys are refused, and nothing changes after loading.

    A section that SQL reads overrides `config_tables` and always returns all its tables, empty ones with their schema.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    def config_tables(self) -> dict[str, pa.Table]:
        """The tables of schema `config` that this section owns, by bare name; none unless a section says otherwise."""
        return {}


Model = TypeVar("Model", bound=BaseModel)


@cache
def default_document(name: str) -> Document:
    """The packaged default of section `name`, empty when it has none; InvalidConfiguration when the file is not clean YAML."""
    path = files("plg_orchestration.config").joinpath("defaults", f"{name}.yaml")
    document = read_yaml(path.read_text(encoding="utf-8") if path.is_file() else "", file=f"defaults/{name}.yaml")
    if document.problems:
        raise InvalidConfiguration(document.problems)
    return document


def load_default(name: str, model: type[Model]) -> Model:
    """The packaged default of section `name` as a `model`; ValidationError when the packaged file does not fit the model."""
    return model.model_validate(default_document(name).data)
