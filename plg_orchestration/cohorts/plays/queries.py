"""The night's success plays, what became of earlier ones, and the day's queue, as known at `as_of`.

Which triggers there are is in `registry.py`, calls on plain tables are in `calls.py`, the file of the queue is in `export.py`.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce

from sqlglot import exp

from plg_orchestration.clock import AsOf, midnight
from plg_orchestration.cohorts.plays.policy import Play, PlayPolicy
from plg_orchestration.cohorts.plays.registry import FACTS, SUCCESSES, TRIGGERS
from plg_orchestration.ingest.known import known_subscriptions, known_tickets
from plg_orchestration.warehouse import Query, sql_file

Missing = Callable[[str], str | None]
"""Why a need such as `role:limit_hit` is not met, or None when it is (`Workspace.missing`)."""
Has = Callable[[str], bool]
"""Whether a table is built for the night (`Night.has`)."""


def left_out(policy: PlayPolicy, *, has: Has, missing: Missing) -> dict[str, str]:
    """The enabled plays that cannot run tonight, each with the reason: a table that is not built, or a need that is not met."""
    reasons: dict[str, str] = {}
    for name, play in policy.enabled.items():
        trigger = TRIGGERS[play.trigger or name]
        absent = [f"{table} is not built for the day" for table in trigger.tables if not has(table)]
        needs = dict.fromkeys((*trigger.needs, SUCCESSES[play.success].need))
        absent += [reason for need in needs if (reason := missing(need))]
        if absent:
            reasons[name] = "; ".join(absent)
    return reasons


def plays(*, as_of: AsOf, policy: PlayPolicy, has: Has, missing: Missing) -> Query:
    """Rows of `cohorts.plays`: the plays that run, and for everybody who is due whether the play begins, queues, or why not.

    Reads the rows of earlier nights for what runs, cools down or was tried, and nothing later, so that a past night is
    computed again to the same rows; nights are to be built in ascending order. Plays of `left_out` are left out.
    """
    guardrail = policy.guardrail
    parameters = as_of.parameters() | {
        "agent_attempts": guardrail.agent_attempts, "agent_complexity": guardrail.agent_complexity,
        "takes_over": guardrail.owner, "waiting_minutes": guardrail.waiting_minutes, "quiet_days": policy.quiet_days,
        "salt": policy.salt,
    }  # fmt: skip
    successes = play_successes(as_of=as_of, policy=policy, through=as_of.minus(1).date)
    failed = sql_file("cohorts/plays/failed_attempts.sql", requires=(successes,), **parameters)
    running = sql_file("cohorts/plays/running_plays.sql", requires=(successes,), **parameters)
    complexity = person_complexity(as_of=as_of, policy=policy, missing=missing)
    shut = left_out(policy, has=has, missing=missing)
    open_plays = {name: play for name, play in policy.enabled.items() if name not in shut}
    due = due_plays(open_plays, parameters, (successes, failed, complexity))
    requires = (successes, failed, running, complexity, due)
    candidates = sql_file("cohorts/plays/play_candidates.sql", requires=requires, **parameters)
    return sql_file("cohorts/plays/plays.sql", requires=(candidates,), **parameters)


def play_successes(*, as_of: AsOf, policy: PlayPolicy, through: dt.date) -> Query:
    """The plays that began in the policy's history up to `through`, with `succeeded_on`, the day of their success if any."""
    horizon = as_of.minus(policy.history_weeks * 7).date
    started = sql_file("cohorts/plays/play_starts.sql", requires=(), horizon=horizon, through=through)
    upgraded = sql_file(
        "cohorts/plays/upgrade_days.sql", requires=(known_subscriptions(as_of),), horizon=horizon, **as_of.parameters()
    )
    activated = sql_file("cohorts/plays/activations.sql", requires=(), **as_of.parameters())
    return sql_file(
        "cohorts/plays/play_successes.sql", requires=(started, upgraded, activated), horizon=horizon, **as_of.parameters()
    )


def person_complexity(*, as_of: AsOf, policy: PlayPolicy, missing: Missing) -> Query:
    """user_id, account_id, waiting and complexity (0 to 1) of everybody with an error, a search for help or an open ticket.

    A fact whose source or role is missing does not count; the weights of the others then make up the whole.
    """
    facts = policy.complexity.facts
    parameters: dict[str, object] = {}
    for name, fact in FACTS.items():
        measure = facts.get(name)
        counts = measure is not None and missing(fact.need) is None
        parameters[f"{name}_weight"] = measure.weight if measure and counts else 0.0
        parameters[f"{name}_level"] = measure.level if measure else 1.0
    window_from = as_of.minus(policy.complexity.window_days - 1).date
    waiting_from = midnight(as_of.minus(policy.guardrail.waiting_days - 1).date, as_of.timezone)
    return sql_file(
        "cohorts/plays/person_complexity.sql", requires=(known_tickets(as_of),), window_from=window_from,
        waiting_from=waiting_from, **parameters, **as_of.parameters(),
    )  # fmt: skip


def due_plays(chosen: Mapping[str, Play], parameters: Mapping[str, object], requires: tuple[Query, ...]) -> Query:
    """Whom the triggers of the chosen plays give, under one another; the statement is built of names that the policy checked."""
    branches = [sql_file("cohorts/plays/no_play.sql", requires=())]
    for name, play in chosen.items():
        trigger = TRIGGERS[play.trigger or name]
        settings = {**trigger.settings, **play.settings}
        given = sql_file(
            f"cohorts/plays/{trigger.name}.sql", requires=requires, play=name, why=play.why, **{**parameters, **settings}
        )
        branches.append(replace(given, name=f"due_{name}"))
    selects: list[exp.Query] = [exp.select("*").from_(exp.to_table(branch.name)) for branch in branches]
    text = reduce(lambda above, below: exp.union(above, below, distinct=False), selects).sql(dialect="duckdb")
    return Query("due_plays", text, {}, tuple(branches))


def play_results(*, as_of: AsOf, policy: PlayPolicy) -> Query:
    """Rows of `cohorts.play_results`: both arms of every play, by ISO week of entry and over all weeks of the history.

    A unit counts once, in the week of its first attempt, in the arm to which it was drawn whatever came after (intention to
    treat). Its outcome counts when the days of its measure are over.
    """
    successes = play_successes(as_of=as_of, policy=policy, through=as_of.date)
    entries = sql_file("cohorts/plays/play_entries.sql", requires=(successes,), **as_of.parameters())
    return results_of(entries, as_of=as_of, min_arm=policy.min_arm)


def results_of(entries: Query, *, as_of: AsOf, min_arm: int) -> Query:
    """The results over a relation `play_entries` (play, arm, entry_week, mature, succeeded)."""
    return sql_file("cohorts/plays/play_results.sql", requires=(entries,), min_arm=min_arm, **as_of.parameters())


def play_queue(*, as_of: AsOf) -> Query:
    """Rows of `cohorts.play_queue`: the plays that begin tonight and are shown, the most urgent first."""
    return sql_file("cohorts/plays/play_queue.sql", requires=(), **as_of.parameters())
