"""The tables about abuse: what the rules compare, whom they suspect, how odd people behave, and what it costs."""

from plg_orchestration.warehouse import Table, columns

SECURITY = "team:security"

FINGERPRINTS = Table(
    name="governance.fingerprints",
    description="The devices and addresses from which people signed up, invited or accepted, as received each day; what abuse "
    "rules compare.",
    columns=columns(
        received_date="DATE: local day on which the events were received",
        user_id="VARCHAR: the user of the events",
        kind="VARCHAR: device or address",
        fingerprint="VARCHAR: the device as the event's properties name it, or a hash of the network address",
        first_at="TIMESTAMP: first such event of the day, UTC",
    ),
    key=("received_date", "user_id", "kind", "fingerprint"),
    owner="team:governance",
    day="received_date",
    layout="by_month",
    needs=("role:signup|role:invite_sent",),
    cumulative=True,
)

SUSPECTS = Table(
    name="governance.suspects",
    description="Recent signups that look fake, by explainable rule; one row per user and rule, with the evidence.",
    columns=columns(
        as_of="DATE: day of knowledge",
        unit_id="VARCHAR: the suspected user",
        signup_date="DATE: local day of the signup",
        rule="VARCHAR: disposable_domain, signup_velocity, shared_device, shared_address, invite_ring or dormant_bulk",
        evidence="VARCHAR: what speaks against the user, in words",
    ),
    key=("as_of", "unit_id", "rule"),
    owner=SECURITY,
    day="as_of",
    layout="by_month",
    kept=True,
)

SUSPICIONS = Table(
    name="governance.suspicions",
    description="Everybody whom a rule has ever suspected, as it stands on each day: a suspicion outlives the rules' window and "
    "ends when a person clears it. Routing leaves these people alone, and KPIs leave them out.",
    columns=columns(
        as_of="DATE: day of knowledge",
        unit_id="VARCHAR: the suspected user",
        signup_date="DATE: local day of the signup; null when it is not known",
        first_day="DATE: the first night on which a rule suspected the user",
        first_rule="VARCHAR: the first rule of that night, in alphabetical order",
        evidence="VARCHAR: what that rule said",
        last_day="DATE: the last night on which a rule did",
        status="VARCHAR: suspected, confirmed or cleared; the last word of a person counts",
        decided_by="VARCHAR: who confirmed or cleared it; null while nobody has",
        decided_at="TIMESTAMP: when, UTC",
        rationale="VARCHAR: why, as the governance record tells it",
    ),
    key=("as_of", "unit_id"),
    owner=SECURITY,
    day="as_of",
    layout="by_month",
    kept=True,
)

ABUSE_SCORES = Table(
    name="governance.abuse_scores",
    description="How odd the first days of recent signups are, by an isolation forest on behavior, beside what the rules say. "
    "The model ranks and makes nobody a suspect.",
    columns=columns(
        as_of="DATE: day of knowledge",
        user_id="VARCHAR: the user",
        score="DOUBLE: anomaly score, 0 to 1; 0.5 is ordinary, the higher the odder (Liu, Ting and Zhou 2008)",
        percentile="DOUBLE: share of the scored with this score or a lower one, 0 to 100",
        by_model="BOOLEAN: among the oddest, as many as the rules suspect of the scored",
        by_rules="BOOLEAN: whether a rule suspects the user",
        agreement="VARCHAR: both, rules_only, model_only or neither",
        unusual="VARCHAR: the two features in which the user lies furthest from the middle, in words",
    ),
    key=("as_of", "user_id"),
    owner=SECURITY,
    day="as_of",
    layout="by_day",
)

ABUSE_SCREENING = Table(
    name="governance.abuse_screening",
    description="What the night's screening of recent signups found, in all (rule any) and by rule; a row for each even when it "
    "found nobody, so that no finding is told from no screening.",
    columns=columns(
        as_of="DATE: day of knowledge",
        rule="VARCHAR: any, or one of the rules of governance.suspects",
        suspects="BIGINT: users whom the rule suspects",
        also_by_model="BIGINT: of these, those among the oddest by the model; null when the model ran not",
        model_only="BIGINT: the oddest whom no rule suspects; only of the rule any",
        signups="BIGINT: users who signed up in the window",
        assessed="BIGINT: of these, those of whom a mail domain, a device or an address is known",
        note="VARCHAR: who was spared or left out, and why the model did not run; empty when there is nothing to say",
    ),
    key=("as_of", "rule"),
    owner=SECURITY,
    day="as_of",
    layout="by_month",
)

LEAKAGE = Table(
    name="governance.leakage",
    description="What abuse of the free plan costs in the months ahead, estimated: people or accounts x the chance that they "
    "would pay x what a payer pays x months, with an interval that carries the uncertainty of each.",
    columns=columns(
        as_of="DATE: day of knowledge",
        part="VARCHAR: suspected_free_use, use_over_caps or total",
        units="BIGINT: suspected people, or free accounts over a cap; null for the total",
        precision="DOUBLE: share of the suspected taken for real abuse; null where nothing is suspected",
        pays="DOUBLE: chance that one in their place would pay; null for the total",
        revenue="DOUBLE: what a paying person (or account) pays a month; null for the total",
        months="INTEGER: months that are counted",
        amount="DOUBLE: the estimate",
        ci_low="DOUBLE: lower end of its 95 % interval",
        ci_high="DOUBLE: upper end",
        currency="VARCHAR: the reporting currency",
        formula="VARCHAR: the estimate in figures, with what is assumed",
    ),
    key=("as_of", "part"),
    owner="team:finance",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (FINGERPRINTS, SUSPECTS, SUSPICIONS, ABUSE_SCORES, ABUSE_SCREENING, LEAKAGE)
