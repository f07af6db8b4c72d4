"""The rules that make somebody a suspect, each with its evidence in words; limits are configuration.

Innocence is built in: colleagues (one account, one company domain) count once, an invitation tree is no ring, a device that half
the world carries is a constant of some client, and who pays is spared. No anomaly model enters: that stands in `forest.py`.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plg_orchestration.governance.abuse.people import Evidence, listed, parties
from plg_orchestration.governance.abuse.policy import AbusePolicy
from plg_orchestration.governance.abuse.rings import circles

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]

RULES = (
    "disposable_domain", "signup_velocity", "shared_device", "shared_address", "invite_ring", "dormant_bulk",
)  # fmt: skip
BULKS = {
    "inviter": "signups invited by one person", "domain": "signups with one mail domain", "device": "signups on one device",
    "address": "signups from one address",
}  # fmt: skip
Found = Iterator[tuple[int, str, str]]


@dataclass(frozen=True)
class Judged:
    """The suspects (unit_id, signup_date, rule, evidence), how many signups could be judged, and what was left out, in words."""

    suspects: "pd.DataFrame"
    signups: int
    assessed: int
    left_out: str


@dataclass(frozen=True)
class _Scene:
    """The evidence by numbers: `who` and `sender` are positions of people (-1: before the window), `number` is that of a mark."""

    people: "pd.DataFrame"
    party: "Ints"
    seconds: "Ints"
    disposable: "Bools"
    marks: "pd.DataFrame"
    invites: "pd.DataFrame"
    placeholders: tuple[int, ...]
    marked: "Ints"


def judge_signups(evidence: Evidence, *, policy: AbusePolicy, disposable: Collection[str]) -> Judged:
    """Everybody whom a rule suspects, sorted by user and rule; `disposable` are throw-away mail domains."""
    import pandas as pd

    scene = _scene(evidence, policy, disposable)
    made: tuple[Callable[[_Scene, AbusePolicy], Found], ...] = (_domains, _velocity, _shared, _rings, _dormant)
    rows = [row for rule in made for row in rule(scene, policy)]
    found = pd.DataFrame(rows, columns=["who", "rule", "evidence"]).drop_duplicates(["who", "rule"])
    who = found["who"].to_numpy(dtype=int)
    paying = scene.people["paying"].to_numpy(dtype=bool)[who]
    found = found.assign(unit_id=scene.people["user_id"].to_numpy()[who], signup_date=scene.people["signup_date"].to_numpy()[who])
    kept = found[~paying] if policy.spare_paying else found
    seen = scene.people["email_domain"].notna().to_numpy(copy=True)
    seen[scene.marked] = True
    spared = int(found.loc[paying, "who"].nunique()) if policy.spare_paying else 0
    said = [f"{spared} who pay are spared"] if spared else []
    said += [f"a device that {count} people carry was taken for a placeholder" for count in scene.placeholders]
    kept = kept[["unit_id", "signup_date", "rule", "evidence"]].sort_values(["unit_id", "rule"], ignore_index=True)
    return Judged(kept, len(scene.people), int(seen.sum()), "; ".join(said))


def _scene(evidence: Evidence, policy: AbusePolicy, disposable: Collection[str]) -> _Scene:
    import numpy as np
    import pandas as pd

    people = evidence.people.reset_index(drop=True)
    thrown = listed(people["email_domain"], disposable)
    party = parties(people, strangers=thrown | listed(people["email_domain"], policy.free_mail_domains))
    marks = evidence.marks.assign(who=_places(people, evidence.marks["user_id"]))
    marks = marks[marks["who"] >= 0]
    number = pd.factorize(marks["kind"] + "|" + marks["mark"])[0].astype(np.int64)
    device = marks["kind"].eq("device").to_numpy()
    common = device & (np.bincount(number)[number] > policy.placeholder_people)
    placeholders = tuple(sorted(np.unique(number[common], return_counts=True)[1].tolist(), reverse=True))
    marked = marks["who"].to_numpy()
    marks = marks.assign(number=number, party=party[marks["who"]], device=device)[~common]
    invites = evidence.invites.assign(
        sender=_places(people, evidence.invites["inviter_id"]), who=_places(people, evidence.invites["invitee_id"])
    )
    seconds = people["signup_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return _Scene(people, party, seconds, thrown, marks, invites[invites["who"] >= 0], placeholders, marked)


def _places(people: "pd.DataFrame", users: "pd.Series") -> "Ints":
    """The position of each user among the people; -1 for one who is not."""
    import numpy as np
    import pandas as pd

    return np.asarray(pd.Index(people["user_id"]).get_indexer(pd.Index(users)), dtype=np.int64)


def _domains(scene: _Scene, policy: AbusePolicy) -> Found:
    domains = scene.people["email_domain"].to_numpy()
    for who in scene.disposable.nonzero()[0].tolist():
        yield who, "disposable_domain", f"signed up with the throw-away mail domain {domains[who]}"


def _velocity(scene: _Scene, policy: AbusePolicy) -> Found:
    for kind, limit in (("device", policy.signups_per_device), ("address", policy.signups_per_address)):
        rows = scene.marks[scene.marks["device"] == (kind == "device")]
        rows = rows.assign(at=scene.seconds[rows["who"]]).sort_values(["number", "at", "party"])
        firsts = rows.drop_duplicates(["number", "party"])
        firsts = firsts.assign(
            most=most_within(firsts["number"].to_numpy(), firsts["at"].to_numpy(), policy.velocity_hours * 3600, over=limit)
        )
        hit = rows.merge(firsts.loc[firsts["most"] > limit, ["number", "party", "most"]], on=["number", "party"])
        for who, most in hit.groupby("who")["most"].max().items():
            place = "on one device" if kind == "device" else "from one address"
            said = f"{most} people who do not belong together signed up {place} within {policy.velocity_hours} hours"
            yield int(str(who)), "signup_velocity", said


def most_within(group: "Ints", at: "Ints", seconds: int, *, over: int) -> "Ints":
    """Of rows sorted by group and time, the most rows of the group within `seconds` in a window that holds the row.

    Rows of groups that never exceed `over` keep the count of the window that ends with them.

    >>> import numpy as np
    >>> most_within(np.array([0, 0, 0, 1]), np.array([0, 10, 25, 25]), 15, over=1).tolist()
    [2, 2, 2, 1]
    """
    import numpy as np

    if not len(group):
        return np.zeros(0, dtype=np.int64)
    begin = int(at.min())
    line = group * (int(at.max()) - begin + seconds + 1) + (at - begin)
    count = np.arange(len(line)) - np.searchsorted(line, line - seconds, side="left") + 1
    last = np.searchsorted(line, line + seconds, side="right")
    most = count.copy()
    for row in np.flatnonzero(np.isin(group, group[count > over])).tolist():
        most[row] = count[row : last[row]].max()
    return most


def _shared(scene: _Scene, policy: AbusePolicy) -> Found:
    for kind, limit in (("device", policy.people_per_device), ("address", policy.people_per_address)):
        rows = scene.marks[scene.marks["device"] == (kind == "device")]
        strangers = _strangers(rows)
        for number, count in strangers[strangers > limit].items():
            who = rows.loc[rows["number"].eq(int(str(number))), "who"].to_numpy()
            said = f"{count} people who do not belong together share one {kind}"
            if kind == "address":
                mature, idle = _idle(scene, who, policy)
                if not mature or idle < policy.dormant_share * mature:
                    continue
                said += f", and {idle} of {mature} never did anything"
            yield from ((int(one), f"shared_{kind}", said) for one in who)


def _strangers(marks: "pd.DataFrame") -> "pd.Series":
    """How many parties carry each mark, by its number."""
    return marks.drop_duplicates(["number", "party"]).groupby("number").size()


def _rings(scene: _Scene, policy: AbusePolicy) -> Found:
    import numpy as np
    import pandas as pd

    inside = scene.invites[scene.invites["sender"] >= 0]
    sent, got = inside["sender"].to_numpy(), inside["who"].to_numpy()
    devices = scene.marks[scene.marks["device"]]
    strangers = _strangers(devices)
    devices = devices[devices["number"].isin(strangers[strangers > 1].index)]
    ring = circles(len(scene.people), (sent, got), (devices["who"].to_numpy(), pd.factorize(devices["number"])[0]))
    within = np.bincount(ring[sent][ring[sent] == ring[got]], minlength=int(ring.max(initial=0)) + 1)
    people = np.bincount(ring, minlength=len(within))
    candidates = np.flatnonzero((people >= policy.ring_members) & (within >= policy.ring_invites))
    shared_by = pd.Series(devices["number"].to_numpy()).groupby(ring[devices["who"]]).nunique()
    for number in candidates.tolist():
        who = np.flatnonzero(ring == number)
        if len(np.unique(scene.party[who])) < policy.ring_members:
            continue
        shared = int(shared_by.get(number, 0))
        on = f" on {shared} shared {'device' if shared == 1 else 'devices'}" if shared else ""
        said = f"{len(who)} people{on} sent each other {within[number]} invitations that lead back to where they began"
        yield from ((int(one), "invite_ring", said) for one in who)


def _dormant(scene: _Scene, policy: AbusePolicy) -> Found:
    """Bulks in which far more people never did anything than chance explains; whoever did something is no suspect."""
    import numpy as np
    import pandas as pd
    from scipy.special import bdtrc

    mature = (scene.people["days_known"] >= policy.dormant_days).to_numpy()
    idle = scene.people["idle"].to_numpy(dtype=bool) & mature
    domain = pd.factorize(scene.people["email_domain"])[0]
    named = np.flatnonzero(domain >= 0)
    groups = [
        ("inviter", pd.factorize(scene.invites["inviter_id"])[0], scene.invites["who"].to_numpy()),
        ("domain", domain[named], named),
        *(
            (kind, of["number"].to_numpy(), of["who"].to_numpy())
            for kind in ("device", "address") if len(of := scene.marks[scene.marks["device"] == (kind == "device")])
        ),
    ]  # fmt: skip
    made = [pd.DataFrame({"kind": kind, "group": group, "who": who})[mature[who]] for kind, group, who in groups]
    rows = pd.concat(made, ignore_index=True)
    rows = rows[rows.groupby(["kind", "group"])["who"].transform("size") >= policy.dormant_people]
    rows = rows.assign(idle=idle[rows["who"]], party=scene.party[rows["who"]])
    sizes = rows.groupby(["kind", "group"]).agg(people=("who", "size"), idle=("idle", "sum"), parties=("party", "nunique"))
    sizes = sizes[sizes["parties"] > 1].reset_index()
    if not len(sizes):
        return
    others = ((int(idle.sum()) - sizes["idle"]) / (int(mature.sum()) - sizes["people"]).clip(lower=1)).clip(0, 1)
    chance = bdtrc(sizes["idle"] - 1, sizes["people"], others) * len(sizes)
    hit = sizes.assign(others=others)[
        (sizes["idle"] >= policy.dormant_share * sizes["people"]) & (chance < policy.dormant_chance)
    ]
    for bulk in hit.itertuples():
        said = f"{bulk.idle} of {bulk.people} {BULKS[str(bulk.kind)]} never did anything, of all others {bulk.others:.0%}"
        chosen = rows[rows["kind"].eq(bulk.kind) & rows["group"].eq(bulk.group) & rows["idle"]]
        yield from ((int(who), "dormant_bulk", said) for who in chosen["who"])


def _idle(scene: _Scene, who: "Ints", policy: AbusePolicy) -> tuple[int, int]:
    of = scene.people.iloc[who]
    mature = of["days_known"] >= policy.dormant_days
    return int(mature.sum()), int((of["idle"].astype(bool) & mature).sum())
