"""The page of the ten questions as Markdown; `docs/auditors.md` is its output for the demonstration workspace."""

from collections.abc import Iterator, Mapping

from plg_orchestration.reports.auditors.questions import InDagster, InMlflow, Question, questions

DOCUMENTED = {
    "day": "2025-09-02", "version": "VERSION", "decision": "DECISION_ID", "target": "conversion", "workspace": "demo",
}  # fmt: skip
HEAD = """# For auditors

Made from `plg_orchestration/reports/auditors/questions.yaml`; change it there and run
`python -m plg_orchestration.reports.auditors.pages`.

Ten questions and where each is answered. Commands read the published tables or the files of the workspace's state and change
nothing, but for `plg run`; `-w PATH` names the workspace, without it the demonstration. `plg ui` serves Dagster and MLflow here;
in MLflow choose *Model training* at the top left. There, in the log and in bundles people stand under pseudonyms only; names are
in the warehouse.

The same page with the newest night's values is in MLflow: experiment `demo: governance`, run `Start here`, artifact
`start_here.html`. `plg evidence --quarter 2025Q3` puts a quarter into one signed archive, to be read and verified without this
system.
"""


def auditors_markdown(values: Mapping[str, str] = DOCUMENTED) -> str:
    """The page with the values of the placeholders."""
    numbered = enumerate(questions(), start=1)
    return HEAD + "".join(part for number, question in numbered for part in _entry(number, question, values))


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its placeholders replaced; KeyError when one has no value."""
    return text.format_map(values)


def in_words(place: InMlflow | InDagster, values: Mapping[str, str]) -> str:
    """The click path to the place, as one sentence of Markdown."""
    if isinstance(place, InDagster):
        shown = [f"metadata `{name}`" for name in place.figures] + [f"check `{name}`" for name in place.checks]
        return f"Dagster: Catalog → `{place.asset}`{f' → {_listed(shown)}' if shown else ''}"
    subject, run = filled(place.subject, values), filled(place.run, values)
    shown = [f"artifact `{name}`" for name in place.artifacts] + [f"tag `{name}`" for name in place.tags]
    return f"MLflow: Experiments → `{values['workspace']}: {subject}` → run `{run}` → {_listed(shown)}"


def _listed(names: list[str]) -> str:
    return ", ".join(names)


def _entry(number: int, question: Question, values: Mapping[str, str]) -> Iterator[str]:
    yield f"\n## {number}. {question.asked}\n\n{question.answer}\n\n```sh\n"
    yield "".join(f"{filled(command, values)}\n" for command in question.commands)
    yield "```\n\n" if question.mlflow or question.dagster else "```\n"
    yield from (f"* {in_words(place, values)}\n" for place in (*question.mlflow, *question.dagster))


def _main() -> None:
    from pathlib import Path

    page = Path(__file__).parents[3] / "docs" / "auditors.md"
    page.write_text(auditors_markdown(), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    _main()
