"""Whether champions who are known to have left were seen to be leaving: the exposure flags of past days against what came.

The flags themselves are SQL (`account_teams.sql`); nothing is decided here.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from plg_orchestration.clock import AsOf
from plg_orchestration.cohorts.segmentation.policy import SegmentPolicy
from plg_orchestration.cohorts.segmentation.queries import account_teams
from plg_orchestration.warehouse import Warehouse


@dataclass(frozen=True)
class LostChampion:
    """What the flags said about one known loss as of a day on which it was looked for.

    `paying`: the account still paid; `people`: users active in it in the last window; `exposed`: it paid and was single-threaded;
    `found`: and its champion was the user who stopped; `silent`: and was seen to have gone silent.
    """

    account_id: str
    user_id: str
    stopped_date: dt.date
    as_of: dt.date
    paying: bool
    people: int
    exposed: bool
    found: bool
    silent: bool


@dataclass(frozen=True)
class ChampionBacktest:
    """The flags against the known losses.

    `flagged` are the accounts whose champion was seen to be silent on any of the days; `confirmed` those of them that are among
    the losses, with the right user who had stopped by then.
    """

    losses: tuple[LostChampion, ...]
    flagged: int
    confirmed: int

    @property
    def recall(self) -> float | None:
        """The share found of the losses in accounts that still paid; None without any."""
        paying = [loss for loss in self.losses if loss.paying]
        return sum(loss.found for loss in paying) / len(paying) if paying else None

    @property
    def precision(self) -> float | None:
        """The share of known losses among the accounts seen with a silent champion; None when none was flagged."""
        return self.confirmed / self.flagged if self.flagged else None


def backtest_champions(
    warehouse: Warehouse, losses: Sequence[tuple[str, str, dt.date]], *, policy: SegmentPolicy, timezone: str, last: dt.date,
    days_after: int = 7,
) -> ChampionBacktest:  # fmt: skip
    """Look for each loss (account_id, user_id, the day on which the user stopped) `days_after` days later, at most on `last`.

    ValueError when `days_after` is negative.
    """
    if days_after < 0:
        raise ValueError(f"days_after: {days_after} is before the champion stopped; give 0 or more")
    stops = {(account, user): stopped for account, user, stopped in losses}
    days = {pair: min(stopped + dt.timedelta(days=days_after), last) for pair, stopped in stops.items()}
    teams: dict[dt.date, dict[str, dict[str, object]]] = {}
    for day in sorted(set(days.values())):
        rows = warehouse.arrow(account_teams(as_of=AsOf(day, timezone), policy=policy)).to_pylist()
        teams[day] = {str(row["account_id"]): row for row in rows}
    found = tuple(_looked_for(pair, stops[pair], day, teams[day].get(pair[0], {})) for pair, day in days.items())
    flagged: dict[str, bool] = {}
    for day, accounts in teams.items():
        for account, team in accounts.items():
            if team["champion_silent"]:
                stopped = stops.get((account, str(team["champion_user_id"])))
                flagged[account] = flagged.get(account, False) or (stopped is not None and stopped <= day)
    return ChampionBacktest(found, len(flagged), sum(flagged.values()))


def _looked_for(pair: tuple[str, str], stopped: dt.date, day: dt.date, team: dict[str, object]) -> LostChampion:
    exposed = bool(team.get("champion_churn_exposure"))
    found = exposed and team.get("champion_user_id") == pair[1]
    return LostChampion(
        account_id=pair[0], user_id=pair[1], stopped_date=stopped, as_of=day, paying=bool(team.get("paying")),
        people=int(str(team.get("active_users") or 0)), exposed=exposed, found=found,
        silent=found and bool(team.get("champion_silent")),
    )  # fmt: skip
