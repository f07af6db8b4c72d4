"""The tables of people's actions: what they acknowledged and accepted, and the incidents that ask for it."""

from plg_orchestration.warehouse import Table, columns

OWNER = "team:governance"

ACKNOWLEDGEMENTS = Table(
    name="governance.acknowledgements",
    description="Who acknowledged which incident or alert, when and with what note; as recorded beside plg.yaml, only ever added "
    "to.",
    columns=columns(
        number="BIGINT: running number, in the order in which they were recorded",
        acknowledgement_id="VARCHAR: identity of the record: a hash of all its other values",
        incident_id="VARCHAR: the incident (`governance.incidents`) or the alert (`kpis.alerts`)",
        as_of="DATE: the newest day when it was acknowledged; from then on the incident or the alert shows it",
        person="VARCHAR: who acknowledged it",
        requested_by="VARCHAR: who asked for it; null when nobody else did",
        recorded_at="TIMESTAMP: when, UTC: the response clock stops then",
        note="VARCHAR: what the person found or does about it, in their words",
        until="DATE: the last day on which the alert is snoozed; null when it is acknowledged",
    ),
    key=("number",),
    owner=OWNER,
    kept=True,
)

ACCEPTANCES = Table(
    name="governance.acceptances",
    description="Who accepted which risk until when and why, and who took that back; only ever added to. The last word counts.",
    columns=columns(
        number="BIGINT: running number, in the order in which they were recorded",
        acceptance_id="VARCHAR: identity of the record: a hash of all its other values",
        risk_id="VARCHAR: the risk in the register",
        action="VARCHAR: accept or withdraw",
        as_of="DATE: the newest day when it was said; from then on it counts",
        until="DATE: the last day on which the acceptance holds; null for a withdrawal",
        owner="VARCHAR: who owns the accepted risk",
        person="VARCHAR: who accepted it",
        requested_by="VARCHAR: who asked for it; null when nobody else did",
        recorded_at="TIMESTAMP: when, UTC",
        rationale="VARCHAR: why, in the person's words",
    ),
    key=("number",),
    owner=OWNER,
    kept=True,
)

LIKELIHOODS = Table(
    name="governance.likelihoods",
    description="Who accepted which likelihood of a risk, on which figures and why; only ever added to. The last word counts.",
    columns=columns(
        number="BIGINT: running number, in the order in which they were recorded",
        likelihood_id="VARCHAR: identity of the record: a hash of all its other values",
        risk_id="VARCHAR: the risk in the register",
        as_of="DATE: the newest day when it was said; from then on it counts",
        registered="VARCHAR: what the register said then; once it says otherwise, the register counts again",
        level="VARCHAR: the accepted likelihood: low, medium or high",
        proposal="VARCHAR: the observed breaches that it rests on, in words",
        person="VARCHAR: who accepted it",
        requested_by="VARCHAR: who asked for it; null when nobody else did",
        recorded_at="TIMESTAMP: when, UTC",
        rationale="VARCHAR: why, in the person's words",
    ),
    key=("number",),
    owner=OWNER,
    kept=True,
)

INCIDENTS = Table(
    name="governance.incidents",
    description="Incidents on each day: opened when a control newly fails, acknowledged by a person, closed when effective.",
    columns=columns(
        as_of="DATE: day of knowledge",
        incident_id="VARCHAR: the control and the day on which it newly failed",
        control_id="VARCHAR: the control that failed",
        risk_id="VARCHAR: the risk that it contains",
        severity="VARCHAR: low, medium, high or critical",
        owner="VARCHAR: who answers for the control",
        metric="VARCHAR: the metric that showed it",
        value="DOUBLE: its value on the day on which it failed",
        threshold="VARCHAR: the condition that it missed",
        evidence="VARCHAR: the figures in words, of that day",
        opened_on="DATE: the day on which the control newly failed",
        opened_at="TIMESTAMP: that day's end, UTC: the response clock starts then",
        status="VARCHAR: open, acknowledged or closed",
        control_status="VARCHAR: the control on this day: effective, degraded, failed or no_data, which both keep it open",
        acknowledged_by="VARCHAR: who acknowledged it; null while nobody has",
        acknowledged_at="TIMESTAMP: when, UTC",
        acknowledgement="VARCHAR: what the person said",
        response_hours="DOUBLE: hours from opened_at to acknowledged_at",
        response="VARCHAR: in_time, late, waiting, overdue, or unanswered: closed before anybody said a word",
        closed_on="DATE: the first day on which the control was effective again, or was no more in the register",
        resolution="VARCHAR: effective or removed; null while it is not closed",
        age_hours="BIGINT: hours from its opening to this day's end",
        escalation="VARCHAR: whom it concerns by its age: the owner, then the steps of the control; null when closed",
    ),
    key=("as_of", "incident_id"),
    owner=OWNER,
    day="as_of",
)

TABLES: tuple[Table, ...] = (ACKNOWLEDGEMENTS, ACCEPTANCES, LIKELIHOODS, INCIDENTS)
