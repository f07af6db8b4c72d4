"""No table with personal data is forgotten in the record of processing; what nobody stated is said."""

import csv
import datetime as dt
import io

import pytest

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.governance.privacy.identifiers import SUBJECTS
from plg_orchestration.governance.privacy.processing import personal_columns, processed, recipients, unnamed
from plg_orchestration.reports.privacy.record import record_csv, record_page, write_record
from plg_orchestration.warehouse import Table, all_tables, columns, table

DAY = AsOf(dt.date(2025, 6, 30))
YAML = """\
workspace: small
start: 2025-03-01
sources:
  events: {path: "data/*.jsonl", format: segment}
"""


def workspace(folder, more=""):
    (folder / "plg.yaml").write_text(YAML + more)
    return load_workspace(folder / "plg.yaml")


def new_table(name, **described):
    return Table(
        name=name, description="A new table.", columns=columns(**described), key=(next(iter(described)),), owner="team:data"
    )


def test_every_declared_table_with_a_subject_is_listed_with_a_purpose(tmp_path):
    entries = processed(workspace(tmp_path))
    named = {entry.table for entry in entries}
    assert {one.name for one in all_tables() if set(one.column_names) & SUBJECTS.keys()} <= named
    assert {"ingest.users", "ingest.invites", "ingest.quarantine", "pql.deliveries"} <= named
    assert unnamed(entries) == ()


@pytest.mark.parametrize(
    "column", ["user_id", "owner_user_id", "contact_email", "account_contact", "billing_email", "phone", "lead"]
)
def test_a_new_table_with_a_personal_column_cannot_be_forgotten(tmp_path, column):
    made = new_table("elsewhere.things", thing="VARCHAR: the thing", **{column: "VARCHAR: whose"})
    (entry,) = processed(workspace(tmp_path), [made])
    assert (entry.identified_by, entry.about_them, entry.purpose) == (column, "thing", "not stated")
    page = record_page((entry,), (), as_of=DAY, workspace=workspace(tmp_path))
    assert "1 tables have no stated purpose: elsewhere.things" in page


def test_a_table_about_nobody_is_not_listed(tmp_path):
    assert processed(workspace(tmp_path), [new_table("kpis.things", period="DATE: the day", value="DOUBLE: the value")]) == ()
    assert personal_columns(table("kpis.snapshot")) == ()


def test_the_record_says_what_the_workspace_states_and_whom_leads_go_to(tmp_path):
    stated = (
        "governance: {privacy: {processing: {controller: Acme GmbH, region: EU, activities: {lead_scoring: "
        "{legal_basis: legitimate interest, retention: two years, recipients: [Agency]}}}}}\n"
        "pql: {destinations: [{name: handed, kind: csv, folder: out, identity: pseudonym}]}\n"
    )
    here = workspace(tmp_path, stated)
    entry = next(entry for entry in processed(here) if entry.table == "pql.deliveries")
    assert (entry.legal_basis, entry.retention, entry.region) == ("legitimate interest", "two years", "EU")
    assert entry.recipients == "Agency, handed"
    assert [(one.name, one.identity) for one in recipients(here)] == [("handed", "pseudonyms")]
    page = record_page(processed(here), recipients(here), as_of=DAY, workspace=here)
    assert "Acme GmbH" in page and "legitimate interest" in page and "no legal judgment" in page


def test_the_csv_has_a_line_for_each_table_and_the_digest_changes_with_the_processing(tmp_path):
    here = workspace(tmp_path)
    lines = list(csv.DictReader(io.StringIO(record_csv(processed(here)))))
    assert [line["table"] for line in lines] == [entry.table for entry in processed(here)]
    first = write_record(as_of=DAY, workspace=here)
    assert (here.state / first["path"][0]).read_text().startswith("<!doctype html>")
    later = write_record(as_of=DAY, workspace=workspace(tmp_path, "governance: {privacy: {processing: {region: EU}}}\n"))
    assert first["digest"][0] != later["digest"][0]
