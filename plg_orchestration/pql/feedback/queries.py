"""The queries behind the feedback: what became of leads and of everybody who was scored, as known on a day."""

from dataclasses import replace

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_crm_outcomes
from plg_orchestration.pql.policy import PqlPolicy
from plg_orchestration.pql.targets import queries as target_queries
from plg_orchestration.warehouse import Query, lasting, sql_file


def target_starts(*, as_of: AsOf, policy: PqlPolicy, target: str) -> Query:
    """(payer_id, happened_on): every local day on which a payer reached the target's outcome, as known on the day."""
    required = (target_queries.outcomes(as_of=as_of, target=policy.targets[target]),)
    return lasting(sql_file("pql/feedback/target_starts.sql", requires=required, **as_of.parameters()))


def lead_labels(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Every lead of the history with its label: decided_on, scorer, version, user_id, payer_id, mature, label."""
    return _over_starts("lead_labels", as_of, policy, target)


def false_discoveries(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Leads and false ones by scorer version with sums over accounts; see `false_discovery.live_false_discovery`."""
    required = (lead_labels(as_of=as_of, policy=policy, target=target),)
    return sql_file("pql/feedback/false_discoveries.sql", requires=required)


def expected_performance(*, as_of: AsOf, target: str = "conversion") -> Query:
    """The figures that the champion's probabilities promise of tonight, one row: see `performance.sql`."""
    judged = sql_file("pql/feedback/expected_outcomes.sql", requires=(), target=target, **as_of.parameters())
    return sql_file("pql/feedback/performance.sql", requires=(replace(judged, name="judged"),))


def week_nights(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """(week, decided_on, mature): the first night of each week that is shown."""
    return sql_file("pql/feedback/week_nights.sql", requires=(), **_parameters(as_of, policy, target))


def known_performance(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """The figures of each week's night whose outcomes are known, one row a night: see `performance.sql`."""
    required = (week_nights(as_of=as_of, policy=policy, target=target), target_starts(as_of=as_of, policy=policy, target=target))
    judged = sql_file("pql/feedback/known_outcomes.sql", requires=required, **_parameters(as_of, policy, target))
    return sql_file("pql/feedback/performance.sql", requires=(replace(judged, name="judged"),))


def held_back(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Accounts with leads in both arms of the holdout by scorer version, with how many of them reached the outcome."""
    return _over_starts("held_back", as_of, policy, target)


def outcomes(*, as_of: AsOf, policy: PqlPolicy, target: str = "conversion") -> Query:
    """Rows of `pql.outcomes` from the decisions and what sales said of them."""
    made = _over_starts("outcomes_of_leads", as_of, policy, target)
    return replace(made, requires=(*made.requires, known_crm_outcomes(as_of)))


def week_precision(as_of: AsOf) -> Query:
    """Estimated and realized precision by week as known on the day, for the chart."""
    text = """select target, period_start, scorer, version, kind, value, low, high from pql.live_performance
        where as_of = $as_of and period = 'week' and metric = 'precision' order by all"""
    return Query("week_precision", text, as_of.parameters())


def lifts(as_of: AsOf) -> Query:
    """The lift of each version and of the whole history as known on the day, for the chart."""
    text = """select target, scorer, version, value, low, high, verdict from pql.live_performance
        where as_of = $as_of and metric = 'lift' order by all"""
    return Query("lifts", text, as_of.parameters())


def worse_than_promised(*, as_of: AsOf) -> Query:
    """Warnings of the day on the champion's own leads and on the lift of all of them, in words."""
    text = """select l.metric || ' of ' || l.version || ': ' || l.reason
        from pql.live_performance as l
        left join pql.champion as c on c.as_of = l.as_of and c.target = l.target and c.version = l.version
        where l.as_of = $as_of and l.verdict = 'warn' and (c.version is not null or l.period = 'history')
        order by l.metric, l.version"""
    return Query("worse_than_promised", text, as_of.parameters())


def _over_starts(name: str, as_of: AsOf, policy: PqlPolicy, target: str) -> Query:
    required = (target_starts(as_of=as_of, policy=policy, target=target),)
    return sql_file(f"pql/feedback/{name}.sql", requires=required, **_parameters(as_of, policy, target))


def _parameters(as_of: AsOf, policy: PqlPolicy, target: str) -> dict[str, object]:
    declared = policy.targets[target]
    return {
        "target": target, "gap_days": declared.gap_days, "window_days": declared.window_days,
        "history_days": policy.feedback.history_days, "weeks": policy.feedback.weeks, **as_of.parameters(),
    }  # fmt: skip
