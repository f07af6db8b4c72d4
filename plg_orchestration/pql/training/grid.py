"""Which as-of dates train and which test, forward in time: a weekly grid of matured dates with a gap of one label window.

Pure calendar arithmetic; reading rows is in `dataset.py`.
"""

import datetime as dt
from dataclasses import dataclass

from plg_orchestration.pql.targets.policy import Target
from plg_orchestration.pql.training.policy import Training


@dataclass(frozen=True)
class Grid:
    """As-of dates in ascending order; every training label's window ends before the first test date's cut."""

    train: tuple[dt.date, ...]
    test: tuple[dt.date, ...]


@dataclass(frozen=True)
class ColdStart:
    """Why no model can be trained yet, and when that becomes possible (None when no date can be named)."""

    reason: str
    possible_on: dt.date | None


def plan_grid(first_day: dt.date | None, as_of: dt.date, *, target: Target, training: Training) -> Grid | ColdStart:
    """The grid as known on `as_of` when behavior is known since `first_day`; a cold start when the history is too short.

    Dates stand on fixed weekdays (multiples of the cadence), so that consecutive nights train on the same dates. A date is used
    when its whole label window is over on `as_of` and `warmup_days` of behavior precede it.
    """
    if first_day is None:
        return ColdStart("no activity is known yet; training needs behavior and matured outcomes", None)
    step = training.cadence_days
    newest = _on_grid(as_of - dt.timedelta(days=target.window_days), step)
    start = _first_on_grid(first_day + dt.timedelta(days=training.warmup_days), step)
    count = (newest - start).days // step + 1
    dates = [newest - dt.timedelta(days=step * back) for back in range(min(max(count, 0), training.max_dates))][::-1]
    test = tuple(dates[-training.test_dates :])
    train = tuple(d for d in dates if test and d + dt.timedelta(days=target.window_days) <= test[0])
    if len(test) == training.test_dates and len(train) >= training.min_train_dates:
        return Grid(train, test)
    possible = _possible_on(start, target, training)
    return ColdStart(
        f"training becomes possible on {possible} because it needs {training.min_train_dates} as-of dates, {step} days apart, "
        f"whose {target.window_days}-day outcome windows end before {training.test_dates} test dates begin, and behavior "
        f"is known only since {first_day}",
        possible,
    )


@dataclass(frozen=True)
class Fold:
    """A split inside the training part: every label's window of `train` is over before the first date of `valid`."""

    train: tuple[dt.date, ...]
    valid: tuple[dt.date, ...]


def plan_folds(dates: tuple[dt.date, ...], *, target: Target, training: Training) -> tuple[Fold, ...]:
    """Folds forward in time, oldest first, each with a gap of one label window; as many as the history allows, perhaps none."""
    found: list[Fold] = []
    for back in range(training.temporal_folds):
        end = len(dates) - back * training.fold_dates
        valid = dates[max(end - training.fold_dates, 0) : max(end, 0)]
        before = tuple(d for d in dates if valid and d + dt.timedelta(days=target.window_days) <= valid[0])
        if len(valid) == training.fold_dates and len(before) >= training.min_train_dates:
            found.append(Fold(before, valid))
    return tuple(found[::-1])


def _on_grid(date: dt.date, step: int) -> dt.date:
    return date - dt.timedelta(days=date.toordinal() % step)


def _first_on_grid(date: dt.date, step: int) -> dt.date:
    return date + dt.timedelta(days=-date.toordinal() % step)


def _possible_on(start: dt.date, target: Target, training: Training) -> dt.date:
    last_train = start + dt.timedelta(days=training.cadence_days * (training.min_train_dates - 1))
    first_test = _first_on_grid(last_train + dt.timedelta(days=target.window_days), training.cadence_days)
    last_test = first_test + dt.timedelta(days=training.cadence_days * (training.test_dates - 1))
    return last_test + dt.timedelta(days=target.window_days)
