"""Success plays: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table, columns

ABOUT = {
    "play_id": "VARCHAR: identifies the play of this unit that began on this night (or would have); stable while it runs",
    "play": "VARCHAR: the play's name in the configuration",
    "unit": "VARCHAR: user or account",
    "unit_id": "VARCHAR: the user or the account",
    "account_id": "VARCHAR: the account; null without one",
    "contact_id": "VARCHAR: the person whom the play addresses; null when none is known",
    "channel": "VARCHAR: in_app, email, agent or human",
    "actor": "VARCHAR: who acts: agent or human",
    "owner": "VARCHAR: who answers for it",
    "priority": "INTEGER: of the play, 1 first",
}

PLAYS = Table(
    name="cohorts.plays",
    description="Each night's success plays: those that run, and those that are due but queue or are suppressed, with the "
    "reason. One play runs for a person at a time, and one for an account. Held-out units are treated as all others, but "
    "are shown nothing.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        **ABOUT,
        strength="DOUBLE: order among the plays of one priority, the highest first; 0-1",
        reason="VARCHAR: why, in words, as of the play's start",
        evidence="VARCHAR: JSON: the figures that the reason rests on",
        handover="VARCHAR: why a person takes what an agent would do; null when not",
        holdout="BOOLEAN: whether the unit is drawn to be shown nothing; fixed for unit and play",
        started_on="DATE: the night on which it began; null when it did not",
        ends_on="DATE: the first night on which it runs no more, successful or not; null when it did not begin",
        cooldown_until="DATE: the first night on which the play may begin again for the unit; null when it never began",
        attempt="INTEGER: how often the play was begun for the unit in the history, this time included",
        sla_minutes="INTEGER: minutes from the night's cut in which a person must act; null for agents",
        due_at="TIMESTAMP: the end of these minutes, UTC; null when nobody has to act",
        status="VARCHAR: live, queued or suppressed",
        suppressed_reason="VARCHAR: why it is not live; null when it is",
    ),
    key=("as_of", "play_id"),
    owner="team:growth",
    day="as_of",
    layout="by_day",
    needs=("actor:user",),
)

PLAY_RESULTS = Table(
    name="cohorts.play_results",
    description="What each play did, against the units drawn to be shown nothing, by week of entry. A unit counts once, at its "
    "first attempt, in the arm to which it was drawn (intention to treat). Looked at every night, so one night's verdict "
    "of `better` is a sign and no proof.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        play="VARCHAR: the play's name in the configuration",
        cohort="VARCHAR: the Monday of the ISO week in which the units entered, or all",
        arm="VARCHAR: play or holdout",
        n="BIGINT: units that entered",
        mature_n="BIGINT: of these, units whose days to succeed are over",
        succeeded="BIGINT: of the mature ones, those that succeeded in time",
        rate="DOUBLE: succeeded / mature_n; null without mature units",
        ci_low="DOUBLE: lower end of its 95 % Wilson interval",
        ci_high="DOUBLE: upper end",
        difference="DOUBLE: rate of the arm play less that of the holdout; null in rows of the holdout",
        difference_low="DOUBLE: lower end of the 95 % interval of the difference (Newcombe 1998, method 10)",
        difference_high="DOUBLE: upper end",
        verdict="VARCHAR: too_little_data, better, no_difference or worse; null in rows of the holdout",
    ),
    key=("as_of", "play", "cohort", "arm"),
    owner="team:growth",
    day="as_of",
    needs=("actor:user",),
)

PLAY_QUEUE = Table(
    name="cohorts.play_queue",
    description="What is to be done: the plays that begin on the night and are shown, the most urgent first. The same rows are "
    "the file reports/<day>/play_queue.csv of the state folder.",
    columns=columns(
        as_of="DATE: the day of knowledge",
        place="INTEGER: place in the queue, the most urgent first",
        **ABOUT,
        reason="VARCHAR: why, in words",
        evidence="VARCHAR: JSON: the figures that the reason rests on",
        handover="VARCHAR: why a person takes what an agent would do; null when not",
        attempt="INTEGER: how often the play was begun for the unit in the history, this time included",
        sla_minutes="INTEGER: minutes from the night's cut in which a person must act; null for agents",
        due_at="TIMESTAMP: the end of these minutes, UTC",
    ),
    key=("as_of", "place"),
    owner="team:growth",
    day="as_of",
    layout="by_month",
    needs=("actor:user",),
)

TABLES: tuple[Table, ...] = (PLAYS, PLAY_RESULTS, PLAY_QUEUE)
