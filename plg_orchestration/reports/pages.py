"""Turning a template of `reports/templates` into the text of a page: everything is escaped unless it is marked as safe."""

from functools import cache
from typing import Any


def render(template: str, **context: Any) -> str:
    """The page's text; a name that the template asks for and the context lacks is an error."""
    return _environment().get_template(template).render(**context)


@cache
def _environment() -> Any:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.PackageLoader("plg_orchestration.reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
