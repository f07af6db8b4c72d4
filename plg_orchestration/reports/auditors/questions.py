"""The ten questions that auditors ask, and where each is answered: in MLflow, in Dagster, and by a command.

They stand in `questions.yaml`; only the way to an answer belongs there, the answers are the tables, runs and files that a night
leaves. In the texts, `{day}` is the night in question, `{version}` a model's version, `{decision}` a decision's id, `{target}`
what is predicted; `docs/auditors.md` shows the demonstration's, MLflow's guide those of the newest night.
"""

from functools import cache
from importlib.resources import files
from typing import Annotated, cast

from pydantic import Field, StringConstraints

from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import Section
from plg_orchestration.config.strict_yaml import read_yaml

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class InMlflow(Section):
    """A run, by the experiment's subject and the run's name, and what to look at there: artifacts and tags."""

    subject: Text
    run: Text
    artifacts: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()


class InDagster(Section):
    """An asset, with the figures of its page and the checks to look at."""

    asset: Text
    figures: tuple[Text, ...] = ()
    checks: tuple[Text, ...] = ()


class Question(Section):
    """A question, what the answer looks like in a sentence or two, and the ways to it."""

    asked: Text
    answer: Text
    commands: Annotated[tuple[Text, ...], Field(min_length=1)]
    mlflow: tuple[InMlflow, ...] = ()
    dagster: tuple[InDagster, ...] = ()


@cache
def questions() -> tuple[Question, ...]:
    """All questions in their order; InvalidConfiguration when the packaged file is not clean YAML."""
    path = files("plg_orchestration.reports.auditors").joinpath("questions.yaml")
    document = read_yaml(path.read_text(encoding="utf-8"), file="questions.yaml")
    if document.problems:
        raise InvalidConfiguration(document.problems)
    return tuple(Question.model_validate(entry) for entry in cast("list[object]", document.data["questions"]))
