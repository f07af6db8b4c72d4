"""What is said about the events themselves, day by day: the tables of coverage and of properties.

Only declarations stand here; the rows come from the SQL files of the same names.
"""

from plg_orchestration.warehouse.tables import Table, columns

OWNER = "team:data"

COVERAGE = Table(
    name="ingest.coverage",
    description="Which events came on the day and in the weeks before it, against those that are expected: missing and unknown "
    "ones, their names, whether their number is usual for the weekday, and how late they came.",
    columns=columns(
        as_of="DATE: the received day",
        event="VARCHAR: the event's own name; '(other names)' sums the rarest unnamed ones of a day that has very many",
        kind="VARCHAR: track, page or screen (track when it came as several); NULL when none came that day",
        expected="BOOLEAN: whether it must be seen: it has a role, or is listed, and is not declared seldom",
        named="BOOLEAN: whether the mapping names it at all: by a role, as passive, or as expected, known or seldom",
        unknown="BOOLEAN: whether it is a tracked event that the mapping does not name; page names are no taxonomy",
        well_named="BOOLEAN: whether its name follows the convention; pages and screens always do",
        nearest_known="VARCHAR: for an unknown event the named one whose name is nearly the same, a hint at a misspelling",
        events="BIGINT: events received that day; 0 for one that did not come",
        users="BIGINT: distinct users among them",
        events_7_days="BIGINT: events received in the 7 days up to the day",
        events_28_days="BIGINT: events received in the 28 days up to the day",
        last_seen="DATE: the last received day on which it came, within the weeks looked at",
        seen="BOOLEAN: whether it came in the last days, as many as the configuration says",
        volume="VARCHAR: usual, low or high for the weekday; too_new with too few such days to say",
        history_days="BIGINT: same weekdays before, since it was first seen, on which this rests",
        usual="DOUBLE: the usual number on this weekday (a median); NULL when too new",
        usual_low="DOUBLE: below this the number is low",
        usual_high="DOUBLE: above this the number is high",
        median_lag_hours="DOUBLE: median time between happening and reception, in hours; NULL without events, as the next two",
        p95_lag_hours="DOUBLE: 95th percentile of that time, in hours",
        longest_lag_hours="DOUBLE: the longest such time, in hours",
        late_events="BIGINT: events received later than the configured hours after they happened",
    ),
    key=("as_of", "event"),
    owner=OWNER,
    day="as_of",
    layout="by_month",
    needs=("source:events",),
)

PROPERTY_DRIFT = Table(
    name="ingest.property_drift",
    description="Which properties came with each event on the day, of which types, and which are new, vanished or changed type.",
    columns=columns(
        as_of="DATE: the received day",
        event="VARCHAR: the event's own name",
        property="VARCHAR: the property's name; '(other properties)' sums the rarest of an event that has very many",
        events="BIGINT: events of the day that carried it with a value",
        of_events="BIGINT: events of the day in all",
        texts="BIGINT: of the values, those that are texts",
        numbers="BIGINT: of the values, those that are numbers",
        booleans="BIGINT: of the values, those that are true or false",
        structures="BIGINT: of the values, those that are lists or objects",
        first_seen="DATE: the first received day on which it came, within the weeks looked at",
        last_seen="DATE: the last received day on which it came",
        type="VARCHAR: text, number, boolean or structure: the most frequent one of the day; NULL when it did not come",
        type_before="VARCHAR: the most frequent one of the weeks before; NULL when it had not come",
        change="VARCHAR: new, vanished, type or none; a change is one that chance does not explain",
    ),
    key=("as_of", "event", "property"),
    owner=OWNER,
    day="as_of",
    layout="by_month",
    needs=("source:events",),
)
