"""The demo as a whole: lives one day after another, writes its files, and tells the truth.

Only the order of things stands here.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from plg_orchestration.demo import compliance, findings, reference, trials
from plg_orchestration.demo.batch import Batch, Happenings, gather, in_order, join, send
from plg_orchestration.demo.behavior import Signals, Usage
from plg_orchestration.demo.columns import labels
from plg_orchestration.demo.commerce import DIRECT_SHARE, FREE, TRIAL, TRIAL_CONVERSION, Commerce
from plg_orchestration.demo.flaws import Flawed, reasons, split_late, spoil, total_lines
from plg_orchestration.demo.lines import Writer, actors
from plg_orchestration.demo.planned import Plan, plan
from plg_orchestration.demo.population import Population, populate
from plg_orchestration.demo.randomness import DAY_MS, Floats, Ints, stream
from plg_orchestration.demo.sales import Desk, Outcome
from plg_orchestration.demo.sizes import Calendar, EventFormat, Size, resolve
from plg_orchestration.demo.tables import write
from plg_orchestration.demo.truth import FileTruth, Truth, total
from plg_orchestration.demo.workspace import plg_yaml

_DAILY_PROPENSITIES = 2_000_000
_WRITERS = 2


def generate(
    folder: Path,
    *,
    size: str = "demo",
    users: int | None = None,
    days: int | None = None,
    seed: int = 7,
    start: dt.date = dt.date(2025, 1, 1),
    events: EventFormat | None = None,
    progress: Callable[[str], None] | None = None,
) -> Truth:
    """Write a workspace of raw files into `folder` and return what was planted in them.

    `size` is `demo`, `S` or `L`; `users` and `days` override it, and the daily volume follows the users. `events` is `jsonl`
    (raw lines for every day) or `parquet` (days as Parquet in `data/history`, but for the last three, which stay raw lines in
    `data/events`; `history.yaml` then reads the former and `plg.yaml` the latter); by default what the size says. `progress`
    is told a line now and then. The same arguments give the same bytes. ValueError names an argument that cannot be used;
    OSError when the folder cannot be written.
    """
    extent = resolve(size, users=users, days=days, events=events)
    calendar = Calendar(start, extent.days)
    tell = progress or (lambda _: None)
    tell(f"drawing {extent.users:,} people")
    world = World(extent, calendar, seed)
    writer = Writer(folder, actors(world.population, world.plan.visitor_region, seed), start, extent.days, seed)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_WRITERS) as threads:
        mail = Mail(writer, extent, seed, threads)
        for day in range(extent.days):
            mail.day(day, world.day(day))
            if (day + 1) % 28 == 0 or day + 1 == extent.days:
                tell(f"{calendar.date(day)}: {mail.lines:,} event lines")
        mail.close()
    outcomes = world.desk.outcomes(world.commerce.first_paid)
    exposures = trials.expose(world.population, calendar, seed)
    tell("reference files")
    _write_reference(folder, world, outcomes, exposures)
    (folder / "plg.yaml").write_text(plg_yaml(calendar), encoding="utf-8")
    if extent.events == "parquet":
        history = Calendar(start, extent.days - extent.raw_days)
        (folder / "history.yaml").write_text(plg_yaml(calendar, until=history), encoding="utf-8")
    pq.write_table(world.propensities(), folder / "truth_propensity.parquet")
    truth = _truth(world, mail, outcomes, exposures, size)
    truth.write(folder / "truth.json")
    return truth


class World:
    """Everybody and everything, moved on by one day at a time."""

    def __init__(self, size: Size, calendar: Calendar, seed: int) -> None:
        self.calendar, self.seed = calendar, seed
        self.population: Population = populate(size, calendar, seed)
        self.plan: Plan = plan(self.population, size, calendar, seed)
        self.usage = Usage(self.population, size, calendar, seed)
        self.signals = Signals(self.population)
        self.commerce = Commerce(self.population, self.usage, calendar, seed)
        self.desk = Desk(self.population, calendar, seed)
        self._numbers = 0
        self._every = 1 if len(self.population.accounts) * calendar.days <= _DAILY_PROPENSITIES else 7
        self._known: list[tuple[int, Ints, Floats, Ints]] = []

    def day(self, day: int) -> Batch:
        """The event lines of a day, in order of arrival."""
        here = self.usage.here(day)
        commerce = self.commerce.day(day, self.signals, here)
        self.desk.day(day, commerce.readiness, self.commerce.state, self.signals.last_active)
        planned = self.plan.day(day)
        used = self.usage.day(day, self.usage.here(day), self.commerce.paying(), len(planned))
        happened: Happenings = gather([commerce.happenings, planned, used])
        self.signals.update(happened)
        if day % self._every == 0:
            self._remember(day)
        batch = send(stream(self.seed, "send", day), happened, self.population.users.mobile, self._numbers)
        self._numbers += 2 * len(batch)
        return batch

    def _remember(self, day: int) -> None:
        state = self.commerce.state
        rows = np.flatnonzero((state == FREE) | (state == TRIAL))
        readiness = self.commerce.readiness(self.signals, self.usage.here(day + 1))
        hazard = self.commerce.hazard(day + 1, readiness)
        self._known.append((day, rows, hazard[rows], state[rows]))

    def propensities(self) -> pa.Table:
        """The true chance of each free or trial account, as of a day's end, to pay within the 30 days after the next.

        Columns: as_of (date), account_id, state, hazard (of deciding on the next day) and propensity, which holds the
        signals still for 30 days; larger sizes have every seventh day.
        """
        chance = DIRECT_SHARE + (1 - DIRECT_SHARE) * TRIAL_CONVERSION * 18 / 30
        day = np.concatenate([np.full(len(rows), number) for number, rows, _, _ in self._known])
        account = np.concatenate([rows for _, rows, _, _ in self._known])
        hazard = np.concatenate([values for _, _, values, _ in self._known])
        trial = np.concatenate([state for _, _, _, state in self._known]) == TRIAL
        propensity = np.where(trial, TRIAL_CONVERSION, 1 - (1 - hazard * chance) ** 30)
        dates = np.datetime64(self.calendar.start, "D") + day.astype("timedelta64[D]")
        return pa.table(
            {
                "as_of": pa.array(dates, pa.date32()),
                "account_id": labels("a", account, 5),
                "state": pa.array(np.where(trial, "trial", "free")),
                "hazard": np.round(hazard, 9),
                "propensity": np.round(propensity, 9),
            }
        )


class Mail:
    """Carries each day's lines into its file, with what goes wrong on the way, and counts."""

    def __init__(self, writer: Writer, size: Size, seed: int, threads: Executor) -> None:
        self._writer, self._size, self._seed, self._threads = writer, size, seed, threads
        self._writing: deque[Future[None]] = deque()
        self._held: dict[int, list[Batch]] = {}
        self._again: Batch | None = None
        self.files: dict[str, FileTruth] = {}
        self.never_received = 0
        self.lines = 0

    def day(self, day: int, batch: Batch) -> None:
        """Write the file of a day."""
        raw = self._size.events == "jsonl" or day >= self._size.days - self._size.raw_days
        now, late = split_late(stream(self._seed, "late", day), batch)
        arrived = self._held.pop(day, [])
        for ahead in range(1, 7):
            part = late.take(late.received // DAY_MS == day + ahead)
            if day + ahead < self._size.days:
                self._held.setdefault(day + ahead, []).append(part)
            else:
                self.never_received += len(part)
        number = 0 if not len(batch) else int(batch.number[0]) + len(batch)
        today = join([now, *arrived])
        today = today.take(in_order(today.received))
        count = sum(len(part) for part in arrived)
        if not raw:
            self._count(self._writer.path(day, raw=False), FileTruth(len(today), len(today), 0, 0, count, {}))
            self._queue(self._threads.submit(self._writer.parquet, day, today))
            return
        again = self._again if self._again is not None else today.take(np.zeros(0, dtype=np.int64))
        flawed, self._again = spoil(stream(self._seed, "flaws", day), today, again, number, count)
        self._count(self._writer.path(day, raw=True), _file_truth(flawed))
        self._queue(self._threads.submit(self._writer.lines, day, flawed))

    def close(self) -> None:
        """Wait until every file is written; raises what went wrong while writing."""
        while self._writing:
            self._writing.popleft().result()

    def _count(self, path: Path, file: FileTruth) -> None:
        self.files[f"{path.parent.name}/{path.name}"] = file
        self.lines += file.lines

    def _queue(self, task: Future[None]) -> None:
        self._writing.append(task)
        if len(self._writing) > _WRITERS:
            self._writing.popleft().result()


def _file_truth(flawed: Flawed) -> FileTruth:
    bad = reasons(flawed)
    accepted = len(flawed.batch) - flawed.duplicates - sum(bad.values())
    return FileTruth(total_lines(flawed), accepted, flawed.duplicates, len(flawed.blank), flawed.late, bad)


def _write_reference(folder: Path, world: World, outcomes: list[Outcome], exposures: trials.Exposures) -> None:
    population, calendar = world.population, world.calendar
    write(folder, "users", reference.users(population, calendar))
    write(folder, "accounts", reference.accounts(population, calendar))
    write(folder, "subscriptions", reference.subscriptions(world.commerce.versions, calendar))
    write(folder, "invites", reference.invites(population, calendar))
    write(folder, "tickets", reference.tickets(population, world.plan, calendar))
    write(folder, "surveys", reference.surveys(world.plan, calendar))
    write(folder, "spend", reference.spend(population, calendar, world.seed))
    write(folder, "finance", reference.finance(calendar))
    write(folder, "crm_outcomes", reference.crm_outcomes(outcomes, calendar))
    write(folder, "exposures", trials.exposures(exposures, calendar))
    write(folder, "vendors", compliance.vendors(calendar))
    write(folder, "vulnerabilities", compliance.vulnerabilities(calendar))
    write(folder, "uptime", compliance.uptime(calendar, world.seed))
    write(folder, "governance_records", compliance.governance_records(calendar))


def _truth(world: World, mail: Mail, outcomes: list[Outcome], exposures: trials.Exposures, size: str) -> Truth:
    population, calendar = world.population, world.calendar
    return Truth(
        seed=world.seed,
        size=size,
        start=str(calendar.start),
        last_day=str(calendar.date(calendar.days - 1)),
        base=findings.base(population, world.commerce, outcomes, calendar, lines=mail.lines),
        drivers=findings.drivers(),
        penalty=findings.penalty(population, outcomes, calendar),
        activation_drop=findings.activation_drop(population, calendar),
        experiments=findings.experiments(population, exposures, calendar),
        fake_ring=findings.fake_ring(population),
        consent=findings.consent(population),
        viral=findings.viral(population),
        champion_churn=findings.champion_churn(world.commerce, calendar),
        totals=total(list(mail.files.values())),
        gross_margin={str(month): margin for month, margin in reference.gross_margins(calendar).items()},
        never_received=mail.never_received,
        files=mail.files,
    )
