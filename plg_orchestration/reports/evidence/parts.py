"""What a bundle is made of: one part a table, what its SQL file reads, and which of its columns name people or hold free text.

How names are taken out is in `names.py`; how parts become files and a page, in `make.py` and `page.py`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One table of the bundle: `reports/evidence/evidence_<name>.sql` over the tables `needs`.

    `people` are columns that name who acted; `linked` are ids that would lead back to the user of the row, who stands in
    `user_id`; `texts` were written by people, or may hold what people wrote.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    people: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


PARTS: tuple[Part, ...] = (
    Part("risks", "Risk register as it stood on each day", ("governance.risks",), texts=("owner", "reason")),
    Part("controls", "Controls, day by day", ("governance.controls",), texts=("owner", "evidence")),
    Part("control_history", "Spells of each control", ("governance.controls",)),
    Part(
        "incidents", "Incidents and how they were answered", ("governance.incidents",), people=("acknowledged_by",),
        texts=("owner", "evidence", "acknowledgement", "escalation"),
    ),
    Part(
        "acknowledgements", "Acknowledgements of incidents", ("governance.acknowledgements",), people=("person", "requested_by"),
        texts=("note",),
    ),
    Part(
        "acceptances", "Acceptances of risks", ("governance.acceptances",), people=("person", "requested_by"),
        texts=("owner", "rationale"),
    ),
    Part(
        "likelihoods", "Accepted likelihoods of risks", ("governance.likelihoods",), people=("person", "requested_by"),
        texts=("rationale",),
    ),
    Part("champions", "Who routed leads after each night", ("pql.champion",), texts=("reason", "gates", "change")),
    Part("promotions", "Ledger of every change of champion", ("pql.promotions",), texts=("reason", "gates")),
    Part("decisions", "Decisions of each night", ("pql.decisions",)),
    Part(
        "overrides", "Decisions that people changed", ("pql.overrides",), people=("person", "requested_by"),
        linked=("override_id", "decision_id"), texts=("was_reason", "rationale"),
    ),
    Part("bias_audits", "Fairness audits: contrasts", ("pql.bias_audit",), texts=("reason",)),
    Part("bias_groups", "Fairness audits: groups", ("pql.bias_groups",), texts=("reason",)),
    Part("bias_history", "Whether gaps persist over trainings", ("pql.bias_history",), texts=("reason",)),
    Part("live_bias", "Fairness of live decisions, week by week", ("pql.live_bias",), texts=("reason",)),
    Part("routing_bias", "Fairness of what became of leads, week by week", ("pql.routing_bias",), texts=("reason",)),
    Part("mitigation", "What was tried against unfairness", ("pql.mitigation",), texts=("reason",)),
    Part("drift", "Drift against the champion's training", ("pql.drift",), texts=("reason",)),
    Part("kpis", "KPI snapshots of each month's newest night", ("kpis.snapshot",), texts=("reason",)),
)  # fmt: skip
"""Every part but the approvals, which stand in a file, in the order of the page."""
