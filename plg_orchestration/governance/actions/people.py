"""The names of people who act: when two names mean one person, and how texts that leave the workspace name nobody.

Pseudonyms come from the keyring (`governance/privacy`); who may do what is in `four_eyes.py`.
"""

import re
import unicodedata
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass

MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
ADDRESS = "[address]"
TOKEN = re.compile(r"\w[\w.@+:-]*\w")
SHORTEST_NUMBER = 5
"""A number in a text is taken for an id from so many digits on: below, it is a figure."""


def identity(name: str) -> str:
    """The name as it is compared: without regard to case, width and spaces.

    >>> identity("  Ada  LOVELACE ") == identity("ada lovelace")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def same_person(first: str, second: str) -> bool:
    """Whether two names mean one person."""
    return identity(first) == identity(second)


def staff_key(name: str) -> str:
    """Under which key the keyring knows somebody who acts: apart from users, and one for every way of writing the name."""
    return f"staff:{identity(name)}"


@dataclass(frozen=True)
class Redactor:
    """Texts without names: staff and user ids become pseudonyms, and e-mail addresses of others are taken out.

    `pseudonym` gives the pseudonym of a key; `staff` are the names of people who act, `users` says which words are user ids.
    """

    pseudonym: Callable[[str], str]
    staff: tuple[str, ...] = ()
    users: Container[str] = ()

    def person(self, name: str | None) -> str | None:
        """The pseudonym of somebody who acts; None stays None."""
        return None if name is None or not name.strip() else self.pseudonym(staff_key(name))

    def user(self, user_id: str | None) -> str | None:
        """The pseudonym of a user; None stays None."""
        return None if user_id is None else self.pseudonym(user_id)

    def text(self, text: str | None) -> str | None:
        """The text with a pseudonym for every name and user id in it, and without addresses; None stays None."""
        if text is None:
            return None
        for pattern in self._patterns():
            text = pattern.sub(lambda found: self.pseudonym(staff_key(found[0])), text)
        text = MAIL.sub(lambda found: self._word(found[0]) or ADDRESS, text)
        return TOKEN.sub(lambda found: self._word(found[0]) or found[0], text)

    def _word(self, word: str) -> str | None:
        if word in self.users and not (word.isdigit() and len(word) < SHORTEST_NUMBER):
            return self.pseudonym(word)
        return None

    def _patterns(self) -> Iterable[re.Pattern[str]]:
        """A pattern for each name, the longest first; words of a name may stand apart by any spaces."""
        for name in sorted({identity(name) for name in self.staff if name.strip()}, key=lambda n: (-len(n), n)):
            words = r"\s+".join(re.escape(word) for word in name.split())
            yield re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
