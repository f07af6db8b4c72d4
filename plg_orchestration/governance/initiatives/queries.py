"""What the tables of initiatives read: tonight's KPIs, baselines, records and read-outs."""

from plg_orchestration.clock import AsOf
from plg_orchestration.ingest.known import known_governance_records
from plg_orchestration.warehouse import Query, sql_file

FOLDER = "governance/initiatives"


def initiative_values(*, as_of: AsOf) -> Query:
    """A row per initiative, KPI and period: what the night's snapshot says of the newest mature period."""
    return sql_file(f"{FOLDER}/initiative_values.sql", requires=(), **as_of.parameters())


def initiative_baselines(*, as_of: AsOf) -> Query:
    """A row per initiative, KPI and period: the newest value of a period that ended before the start, as known lately."""
    return sql_file(f"{FOLDER}/initiative_baselines.sql", requires=(), **as_of.parameters())


def earlier_baselines(*, as_of: AsOf) -> Query:
    """The baselines on which the newest earlier night rested."""
    return sql_file(f"{FOLDER}/earlier_baselines.sql", requires=(), **as_of.parameters())


def initiative_records(*, as_of: AsOf) -> Query:
    """Milestones and spend (record_id, kind, subject, detail, at, due_at, done_at) as known on the day."""
    return sql_file(f"{FOLDER}/initiative_records.sql", requires=(known_governance_records(as_of),), **as_of.parameters())


def initiative_readouts(*, as_of: AsOf) -> Query:
    """The newest read-out of every experiment's primary metric over everybody, a row per treatment arm."""
    return sql_file(f"{FOLDER}/initiative_readouts.sql", requires=(), **as_of.parameters())


def signups_a_month(*, as_of: AsOf) -> Query:
    """How many people signed up in the newest complete month; no row when the snapshot does not say."""
    return sql_file(f"{FOLDER}/signups_a_month.sql", requires=(), **as_of.parameters())


def initiatives_warned(*, as_of: AsOf) -> Query:
    """What somebody must look at tonight: initiative, kind (rollback, late, budget, decision), and why, the urgent first."""
    return sql_file(f"{FOLDER}/initiatives_warned.sql", requires=(), **as_of.parameters())
