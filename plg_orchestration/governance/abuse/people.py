"""Who signed up lately, as the rules see them: which mail domains are nobody's own, and who belongs together.

What speaks against somebody is in `rules.py`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Evidence:
    """What the rules read, each a frame as the SQL file of that name gives it.

    `people`: user_id, account_id, email_domain, signup_at, paying, days_known, idle and behavior, sorted by user_id.
    `marks`: user_id, kind (device or address), mark. `invites`: inviter_id, invitee_id.
    """

    people: "pd.DataFrame"
    marks: "pd.DataFrame"
    invites: "pd.DataFrame"


def listed(domains: "pd.Series", names: Collection[str]) -> "Bools":
    """Whether each domain, or one that it is part of, is among the names; an unknown domain is not.

    >>> import pandas as pd
    >>> listed(pd.Series(["mailinator.com", "eu.mailinator.com", "notmailinator.com", None]), {"mailinator.com"}).tolist()
    [True, True, False, False]
    """
    known = frozenset(names)

    def among(domain: str) -> bool:
        parts = domain.split(".")
        return any(".".join(parts[first:]) in known for first in range(len(parts) - 1))

    found = {domain for domain in domains.dropna().unique() if among(str(domain))}
    return domains.isin(found).to_numpy()


def parties(people: "pd.DataFrame", *, strangers: "Bools") -> "Ints":
    """A number for each person that colleagues share: the people of one account with one mail domain are one party.

    Whoever is in `strangers` (a throw-away or free mail domain says nothing about who belongs together) is a party alone, and so
    is whoever has neither account nor domain. Without an account the company's domain joins; an unknown domain joins within the
    account.
    """
    import numpy as np
    import pandas as pd

    account, domain = people["account_id"].fillna(""), people["email_domain"].fillna("")
    joined = "a|" + account + "|" + domain
    joined = joined.where(account.ne(""), "d|" + domain)
    alone = strangers | (account.eq("") & domain.eq("")).to_numpy()
    joined = joined.where(~alone, "u|" + people["user_id"])
    return np.asarray(pd.factorize(joined)[0], dtype=np.int64)
