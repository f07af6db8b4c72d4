"""From a requirement to its evidence: packaged references exist, wrong ones are refused, nothing is passed off as an answer."""

import datetime as dt
import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from plg_orchestration.clock import AsOf
from plg_orchestration.config import load_workspace
from plg_orchestration.config.problems import InvalidConfiguration
from plg_orchestration.config.section import default_document, load_default
from plg_orchestration.governance.obligations.evidence import Outcome, day_of, document, obligations_on
from plg_orchestration.governance.obligations.policy import Framework, lacking, packaged_references, reference, references
from plg_orchestration.governance.policy import GovernancePolicy
from plg_orchestration.warehouse import Warehouse, table

POLICY = load_default("governance", GovernancePolicy)
DAY = AsOf(dt.date(2025, 6, 30))
NIST = {"GOVERN": (7, 3, 2, 3, 2, 2), "MAP": (6, 3, 5, 2, 2), "MEASURE": (3, 13, 3, 3), "MANAGE": (4, 4, 2, 3)}


def one_requirement(*answers: str, gap: str | None = None) -> dict[str, Framework]:
    entry = {"title": "something is asked", "answered_by": answers, "gap": gap}
    return {"f": Framework.model_validate({"title": "a framework", "about": "how to read it", "requirements": {"1": entry}})}


def test_every_packaged_reference_exists() -> None:
    from assets import everything

    assets, checks = everything()
    known = {f"{key.asset_key.to_user_string()}:{key.name}" for asset in (*assets, *checks) for key in asset.check_keys}
    for one in packaged_references():
        assert lacking(one) is None
        assert one.kind != "control" or one.name in POLICY.controls
        assert one.kind != "check" or one.name in known


def test_every_subcategory_of_the_nist_framework_stands_in_the_map_once_and_in_order() -> None:
    wanted = [f"{name} {i}.{j}" for name, counts in NIST.items() for i, n in enumerate(counts, 1) for j in range(1, n + 1)]
    assert list(POLICY.obligations["nist_ai_rmf"].requirements) == wanted


def test_a_requirement_without_an_answer_says_what_is_lacking() -> None:
    for framework in POLICY.obligations.values():
        assert all(requirement.answered_by or requirement.gap for requirement in framework.requirements.values())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("control R9-C9", "'R9-C9' is not in the register"),
        ("table governance.riks", "did you mean 'governance.risks'"),
        ("check governance/riks:fine", "'governance.riks' is not declared"),
        ("check no_drift", "named stage/table:name"),
        ("document docs/fairnes.md", "did you mean 'docs/fairness.md'"),
        ("article 9", "is no reference"),
    ],
)
def test_a_reference_to_what_is_not_there_is_refused(answer: str, said: str) -> None:
    data = default_document("governance").data
    own = {"own": {"title": "ours", "about": "ours", "requirements": {"1": {"title": "asked", "answered_by": [answer]}}}}
    with pytest.raises(ValidationError, match=said):
        GovernancePolicy.model_validate({**data, "obligations": own})


def test_a_wrong_reference_in_plg_yaml_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "plg.yaml").write_text(
        "workspace: w\nstart: 2025-01-01\nsources:\n  events: {path: 'e/*.jsonl', format: segment}\ngovernance:\n  obligations:\n"
        "    gdpr:\n      requirements:\n        Art. 30: {title: there is a record, answered_by: [table governance.record]}\n"
    )  # fmt: skip
    with pytest.raises(InvalidConfiguration, match=r"plg\.yaml:9.*governance\.record"):
        load_workspace(tmp_path)


def test_a_workspace_changes_one_requirement_and_keeps_the_others() -> None:
    own = {"gdpr": {"requirements": {"Art. 30": {"title": "a record", "answered_by": ["control R1-C4"]}}}}
    policy = GovernancePolicy.model_validate({**default_document("governance").data, "obligations": own})
    assert [one.name for one in policy.obligations["gdpr"].requirements["Art. 30"].references] == ["R1-C4"]
    assert policy.obligations["gdpr"].requirements["Art. 7"] == POLICY.obligations["gdpr"].requirements["Art. 7"]
    assert policy.obligations["nist_ai_rmf"] == POLICY.obligations["nist_ai_rmf"]


def test_an_unknown_check_is_refused_when_definitions_load(tmp_path: Path) -> None:
    from assets import everything
    from assets.governance_obligations import refuse_unknown_checks

    (tmp_path / "plg.yaml").write_text(
        "workspace: w\nstart: 2025-01-01\nsources: {events: {path: 'e/*.jsonl', format: segment}}\ngovernance: {obligations: {"
        "own: {title: o, about: o, requirements: {P1: {title: t, answered_by: ['check pql/drift:no_drifts']}}}}}\n"
    )  # fmt: skip
    with pytest.raises(InvalidConfiguration, match="did you mean 'pql/drift:no_drift'"):
        refuse_unknown_checks([asset for part in everything() for asset in part], load_workspace(tmp_path))


def test_evidence_is_that_of_the_newest_day_up_to_the_night(make, warehouse: Warehouse) -> None:
    warehouse.connection.execute("""create table governance.controls as select * from (values
        ('R1-C1', 'failed', 'too few agreed', date '2025-06-29'), ('R1-C1', 'effective', 'all agreed', date '2025-07-01'),
        ('R1-C3', 'effective', 'nothing strays', date '2025-06-30')) as t (control_id, status, evidence, as_of)""")
    warehouse.connection.execute("create table governance.risks as select date '2025-06-28' as as_of from range(3)")
    warehouse.connection.execute("create table governance.incidents as select date '2025-07-01' as as_of")
    warehouse.connection.execute("create table meta_day (x int)")
    warehouse.connection.execute("create schema meta")
    warehouse.connection.execute(
        "create table meta.publications (table_name varchar, day date, status varchar, reason varchar, rows bigint)"
    )
    frameworks = one_requirement("control R1-C1", "control R1-C9", "table governance.risks", "table governance.incidents",
                                 "check pql/drift:no_drift", "check governance/risks:as_declared")  # fmt: skip
    checks = {"pql/drift:no_drift": Outcome(passed=False, said="3 drifted", on=dt.date(2025, 6, 30), grave=False)}
    rows = obligations_on(warehouse, frameworks, as_of=DAY, checks=checks)
    found = {row["answered_by"]: (row["status"], row["evidence"], row["evidence_date"]) for row in rows.to_dict("records")}
    assert found["R1-C1"] == ("failed", "too few agreed", dt.date(2025, 6, 29))
    assert found["R1-C9"][0] == "no_data"
    assert found["governance.risks"] == ("evidenced", "3 rows of 2025-06-28", dt.date(2025, 6, 28))
    assert found["governance.incidents"][:2] == ("no_data", "governance.incidents holds no row up to 2025-06-30")
    assert found["pql/drift:no_drift"] == ("degraded", "3 drifted", dt.date(2025, 6, 30))
    assert found["governance/risks:as_declared"][0] == "no_data"


def test_what_nothing_answers_stands_in_the_table_as_nothing(warehouse: Warehouse) -> None:
    rows = obligations_on(warehouse, one_requirement(gap="nobody looked"), as_of=DAY, checks={}).to_dict("records")
    assert [(row["kind"], row["status"], row["answered_by"], row["gap"]) for row in rows] == [
        ("nothing", "unanswered", "", "nobody looked")
    ]


def test_a_documents_date_is_its_files_and_one_that_is_not_installed_is_missing(tmp_path: Path) -> None:
    page = tmp_path / "docs/page.md"
    page.parent.mkdir()
    page.write_text("# Page\n")
    os.utime(page, (0, 86_400))
    assert (document(tmp_path, "docs/page.md").status, document(tmp_path, "docs/page.md").on) == ("written", dt.date(1970, 1, 2))
    assert document(tmp_path, "docs/other.md").status == "missing"


def test_every_table_that_answers_says_of_which_day_its_rows_are() -> None:
    named = {one.name for _, _, one in references(POLICY.obligations) if one.kind == "table"}
    assert {name for name in named if not day_of(table(name))} == set()


def test_references_are_read_as_kind_and_name() -> None:
    assert reference(" control R1-C1 ").name == "R1-C1"
    assert reference("check pql/drift:no_drift").table == "pql.drift"
