"""What is wrong with a configuration, said so that a person can mend it: file, line, place, value and remedy.

Finding problems belongs to the loader and the models; this module holds the words and the error that carries them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from plg_orchestration.errors import ConfigurationError

Severity = Literal["error", "warning"]
"""An error stops the workspace from loading; a warning is worth a look."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing to mend: `where` is the key's path (`pql.routes[2].gte`), `message` names the value, `remedy` the fix."""

    file: str
    line: int
    where: str
    message: str
    remedy: str
    severity: Severity = "error"

    def __str__(self) -> str:
        """One line: `plg.yaml:41: pql.routes[2].gte: what is wrong; what to do`, warnings marked as such."""
        mark = "warning: " if self.severity == "warning" else ""
        where = f"{self.where}: " if self.where else ""
        return f"{self.file}:{self.line}: {mark}{where}{self.message}; {self.remedy}"


class InvalidConfiguration(ConfigurationError):
    """The configuration cannot be used; `problems` lists everything that was found, in the order of file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, whatever its case; None when nothing is near."""
    by_folded = {name.casefold(): name for name in sorted(known)}
    close = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[close[0]] if close else None


def choose(word: str, known: Iterable[str], *, what: str) -> str:
    """A remedy for an unknown word: the nearest known one, else the list of all (`what` names their kind)."""
    names = sorted(known)
    guess = nearest(word, names)
    if guess is not None:
        return f"did you mean {guess!r}?"
    return f"known {what}: {', '.join(names)}" if names else f"no {what} are allowed here; remove it"


def place(path: Iterable[str | int]) -> str:
    """A key's path in the way people write it.

    >>> place(("pql", "routes", 2, "gte"))
    'pql.routes[2].gte'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
