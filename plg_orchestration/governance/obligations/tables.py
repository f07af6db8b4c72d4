"""The table that leads from a requirement to its evidence."""

from plg_orchestration.warehouse import Table, columns

OBLIGATIONS = Table(
    name="governance.obligations",
    description="What NIST AI RMF, EU AI Act and GDPR ask, and what here answers it, with the evidence's date; it claims nothing "
    "legal.",
    columns=columns(
        as_of="DATE: day of knowledge",
        framework="VARCHAR: the framework's key: nist_ai_rmf, eu_ai_act, gdpr or a workspace's own",
        requirement="VARCHAR: the requirement's number in the framework",
        title="VARCHAR: what it asks, in short words of our own",
        answered_by="VARCHAR: the control, check, table or document that answers; empty when nothing does",
        kind="VARCHAR: control, check, table, document or nothing",
        status="VARCHAR: effective, degraded, failed or no_data (control, check); evidenced or no_data (table); written or "
        "missing (document); unanswered (nothing)",
        evidence="VARCHAR: what there is to be seen, or why there is nothing (volatile)",
        evidence_date="DATE: day of the newest row or evaluation up to the day of knowledge, or of the document's file; null "
        "without (volatile)",
        gap="VARCHAR: what the answers to the requirement leave open; null when nothing is known to be",
        place="INTEGER: the requirement's place in its framework, from 1",
    ),
    key=("as_of", "framework", "requirement", "answered_by"),
    owner="team:governance",
    day="as_of",
    layout="by_month",
)

TABLES: tuple[Table, ...] = (OBLIGATIONS,)
