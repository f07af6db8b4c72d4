"""The commands and their options. What they do is in the module named after each of them."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Product-led growth, computed every night: cohorts, qualified leads, fairness audits, KPIs and risk controls.",
)  # fmt: skip

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", envvar="PLG_WORKSPACE", help="plg.yaml or its folder; the demonstration's when left out."),
]
DayOption = Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="One day.")]
FromOption = Annotated[dt.datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day of a range.")]
ToOption = Annotated[dt.datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day of a range.")]

audit_app = typer.Typer(no_args_is_help=True, help="The decision log.")
app.add_typer(audit_app, name="audit")


@audit_app.command()
def verify(
    workspace: WorkspaceOption = None, since: FromOption = None, to: ToOption = None,
    log: Annotated[Path | None, typer.Option("--log", help="Verify this folder instead of the workspace's log.")] = None,
    anchor: Annotated[list[Path] | None, typer.Option("--anchor", help="A file of signed heads; may be given again.")] = None,
    files_only: Annotated[bool, typer.Option("--files-only", help="Ask neither MLflow nor Dagster.")] = False,
) -> None:  # fmt: skip
    """Say whether the decision log is as it was written: 0 valid, 1 changed or an anchor amiss, 2 wrong usage, 3 unreadable."""
    from plg_orchestration.cli.audit import verify_and_print

    dates = [moment.date() if moment else None for moment in (since, to)]
    raise typer.Exit(
        verify_and_print(workspace, since=dates[0], to=dates[1], log=log, anchors=anchor or [], files_only=files_only)
    )


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where to make the workspace.")] = Path("demo"),
    size: Annotated[str, typer.Option(help="demo, S (10 M events) or L (100 M events).")] = "demo",
    users: Annotated[int | None, typer.Option(help="Number of users, instead of the size's.")] = None,
    days: Annotated[int | None, typer.Option(help="Number of days, instead of the size's.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same bytes.")] = 7,
    events: Annotated[str | None, typer.Option(help="jsonl or parquet; by default what suits the size.")] = None,
    generate_only: Annotated[bool, typer.Option("--generate-only", help="Make the data and stop.")] = False,
) -> None:
    """Make the demonstration workspace and run its night, with progress and a summary."""
    from plg_orchestration.cli.demo import make, make_and_run

    if generate_only:
        raise typer.Exit(make(folder, size=size, users=users, days=days, seed=seed, events=events))
    chosen = {"--size": size, "--users": users, "--days": days, "--seed": seed, "--events": events}
    options = [word for name, value in chosen.items() if value is not None for word in (name, str(value))]
    raise typer.Exit(make_and_run(folder, options))


@app.command()
def check(workspace: WorkspaceOption = None) -> None:
    """Validate the workspace and print every problem with its file, line and remedy."""
    from plg_orchestration.cli.check import check_and_print

    raise typer.Exit(check_and_print(workspace))


@app.command()
def run(
    workspace: WorkspaceOption = None, day: DayOption = None, since: FromOption = None, to: ToOption = None,
    job: Annotated[
        str, typer.Option(help="nightly, retrain, kpi_snapshot, governance_checks, monthly_drift_review or risk_committee.")
    ] = "nightly",
) -> None:  # fmt: skip
    """Run a job for a day or a range of days; without either, for every day of data that is not built yet."""
    from plg_orchestration.cli.run import run_and_print

    dates = [moment.date() if moment else None for moment in (day, since, to)]
    raise typer.Exit(run_and_print(workspace, job=job, day=dates[0], since=dates[1], to=dates[2]))


@app.command()
def deliver(
    workspace: WorkspaceOption = None,
    destination: Annotated[list[str] | None, typer.Option(help="Only this destination; may be given several times.")] = None,
    retry_dead: Annotated[bool, typer.Option("--retry-dead", help="Send again what was given up.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check that everything is there, and send nothing.")] = False,
) -> None:
    """Send the newest night's leads that have not arrived yet to the configured destinations."""
    from plg_orchestration.cli.deliver import deliver_and_print

    raise typer.Exit(deliver_and_print(workspace, only=destination or [], retry_dead=retry_dead, dry_run=dry_run))


@app.command()
def override(
    decision_id: Annotated[str, typer.Argument(help="A decision of the newest night, from pql.routes or pql.decisions.")],
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")],
    route: Annotated[str | None, typer.Option("--route", help="Hand the lead to this team.")] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Hand the lead over to nobody for some days.")] = False,
    suppress: Annotated[bool, typer.Option("--suppress", help="Leave the lead alone.")] = False,
    release: Annotated[bool, typer.Option("--release", help="Take the last word on this lead back.")] = False,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day on which it ends.")] = None,
    requested_by: Annotated[str | None, typer.Option(help="Who asked for it, where four eyes are required.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Decide otherwise about a lead, with a reason: the decision changes, the record keeps both."""
    from plg_orchestration.cli.override import override_and_print

    said = [name for name, chosen in (("hold", hold), ("suppress", suppress), ("release", release)) if chosen]
    actions = [*said, *(["route"] if route is not None else [])]
    day = until.date() if until else None
    raise typer.Exit(
        override_and_print(
            workspace, decision_id, actions, team=route, person=by, rationale=reason, until=day, requested_by=requested_by
        )
    )


@app.command()
def approve(
    version: Annotated[str, typer.Argument(help="The challenger that waits, from pql.champion.")],
    reviewer: Annotated[str, typer.Option(help="Who approves.")],
    requested_by: Annotated[str, typer.Option(help="Who asked for the promotion.")],
    rationale: Annotated[str, typer.Option(help="Why, in a sentence.")],
    expires: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")] = None,
    target: Annotated[str, typer.Option(help="The outcome that is predicted.")] = "conversion",
    workspace: WorkspaceOption = None,
) -> None:
    """Approve a model that waits for it: it is recorded, and routes leads from now on if every gate still holds."""
    from plg_orchestration.cli.champion import approve_and_print

    until = expires.date() if expires else None
    raise typer.Exit(
        approve_and_print(
            workspace, version, reviewer=reviewer, requested_by=requested_by, rationale=rationale, expires=until, target=target
        )
    )


@app.command()
def acknowledge(
    incident_id: Annotated[str, typer.Argument(help="An incident of governance.incidents, or an alert of kpis.alerts.")],
    by: Annotated[str, typer.Option("--by", help="Who has taken note of it.")],
    note: Annotated[str, typer.Option("--note", help="What was found, or is done about it, in a sentence.")],
    requested_by: Annotated[str | None, typer.Option(help="Who asked for it, where four eyes are required.")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Snooze the alert up to this day.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Acknowledge an incident or an alert, or snooze an alert; it is on record who answered, and a response clock stops."""
    from plg_orchestration.cli.actions import acknowledge_and_print

    day = until.date() if until else None
    raise typer.Exit(acknowledge_and_print(workspace, incident_id, person=by, note=note, requested_by=requested_by, until=day))


@app.command(name="accept-risk")
def accept_risk(
    risk_id: Annotated[str, typer.Argument(help="A risk of the register, such as R3.")],
    by: Annotated[str, typer.Option("--by", help="Who accepts it.")],
    rationale: Annotated[str, typer.Option(help="Why, in a sentence.")],
    requested_by: Annotated[str | None, typer.Option(help="Who asked for it, where four eyes are required.")] = None,
    until: Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last day on which it holds.")] = None,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Take the acceptance back instead.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Accept a risk until a day, with owner and reason; its check turns red when the day has passed."""
    from plg_orchestration.cli.actions import accept_risk_and_print

    if withdraw == (until is not None):
        raise typer.BadParameter("say either --until DATE or --withdraw")
    day = until.date() if until else None
    raise typer.Exit(
        accept_risk_and_print(workspace, risk_id, person=by, rationale=rationale, until=day, requested_by=requested_by)
    )


@app.command(name="accept-likelihood")
def accept_likelihood(
    risk_id: Annotated[str, typer.Argument(help="A risk of the register, such as R3.")],
    level: Annotated[str, typer.Argument(help="The level that governance.likelihood_proposals proposes: low, medium or high.")],
    by: Annotated[str, typer.Option("--by", help="Who accepts it.")],
    rationale: Annotated[str, typer.Option(help="Why, in a sentence.")],
    requested_by: Annotated[str | None, typer.Option(help="Who asked for it, where four eyes are required.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Accept what observed breaches propose for a risk's likelihood; it is used from the newest day on."""
    from plg_orchestration.cli.actions import accept_likelihood_and_print

    raise typer.Exit(
        accept_likelihood_and_print(workspace, risk_id, level, person=by, rationale=rationale, requested_by=requested_by)
    )


@app.command()
def evidence(
    quarter: Annotated[str | None, typer.Option("--quarter", "-q", help="Which quarter, such as 2025Q3.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write it; by default in the state folder.")
    ] = None,
    verify: Annotated[Path | None, typer.Option("--verify", help="Verify this bundle (archive or folder) instead.")] = None,
    key: Annotated[Path | None, typer.Option("--key", help="With --verify: the public key that must have signed it.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Make the signed, offline bundle of a quarter's evidence, or verify one."""
    from plg_orchestration.cli.evidence import make_and_print, verify_and_print

    if (quarter is None) == (verify is None):
        raise typer.BadParameter("say either --quarter QUARTER or --verify FILE")
    if verify is not None:
        raise typer.Exit(verify_and_print(verify, key))
    raise typer.Exit(make_and_print(workspace, quarter or "", output))


@app.command()
def erase(
    user_id: Annotated[list[str], typer.Argument(help="The user's id; several may be given, and are erased in one pass.")],
    by: Annotated[str, typer.Option("--by", help="Who asks for it.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence; ids in it are not kept.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Erase people from every store, search for what is left, and write a certificate; interrupted, it goes on when run again."""
    from plg_orchestration.cli.erase import erase_and_print

    raise typer.Exit(erase_and_print(workspace, user_id, requested_by=by, reason=reason))


@app.command()
def rollback(
    by: Annotated[str, typer.Option("--by", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")],
    target: Annotated[str, typer.Option(help="The outcome that is predicted.")] = "conversion",
    workspace: WorkspaceOption = None,
) -> None:
    """Return to the champion before the present one, in one step."""
    from plg_orchestration.cli.champion import roll_back_and_print

    raise typer.Exit(roll_back_and_print(workspace, person=by, reason=reason, target=target))


@app.command()
def preview(
    policy: Annotated[Path, typer.Argument(help="A YAML file with the changed parts of `pql:`, or a whole plg.yaml.")],
    workspace: WorkspaceOption = None,
    day: DayOption = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the users whose route changes as CSV.")] = None,
) -> None:
    """Show who would be routed otherwise under a changed policy, and change nothing."""
    from plg_orchestration.cli.preview import preview_and_print

    raise typer.Exit(preview_and_print(workspace, policy, day=day.date() if day else None, output=output))


@app.command()
def suggest(
    workspace: WorkspaceOption = None,
    approve: Annotated[str | None, typer.Option("--approve", help="Put the suggestion with this hash into force.")] = None,
    reviewer: Annotated[str, typer.Option("--by", help="Who approves it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why, in a sentence.")] = "",
) -> None:
    """Show the points that outcomes suggest, and put them into force when a person approves."""
    from plg_orchestration.cli.suggest import approve_and_print, suggest_and_print

    if approve is None:
        raise typer.Exit(suggest_and_print(workspace))
    raise typer.Exit(approve_and_print(workspace, approve, reviewer=reviewer, rationale=reason))


@app.command()
def query(
    statement: Annotated[
        str | None, typer.Argument(help="One SELECT over the published tables; without it, they are listed.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every row as CSV.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask the published tables by SQL, without a lock and without changing anything."""
    from plg_orchestration.cli.query import list_tables, query_and_print

    if statement is None:
        raise typer.Exit(list_tables(workspace))
    raise typer.Exit(query_and_print(workspace, statement, as_csv=as_csv))


@app.command()
def explain(
    decision_id: Annotated[str, typer.Argument(help="A decision of any night, from pql.decisions, or its key in the log.")],
    html: Annotated[Path | None, typer.Option("--html", help="Also write it as one page that opens offline.")] = None,
    with_identity: Annotated[
        bool, typer.Option("--with-identity", help="Name the person by id, where it says the pseudonym otherwise.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show everything about one decision: what was used, why, by which version, under which rules, and what came of it."""
    from plg_orchestration.cli.explain import explain_and_print

    raise typer.Exit(explain_and_print(workspace, decision_id, html=html, with_identity=with_identity))


@app.command()
def ui(
    workspace: WorkspaceOption = None,
    port: Annotated[int, typer.Option(help="Dagster's port.")] = 3000,
    mlflow_port: Annotated[int, typer.Option(help="MLflow's port.")] = 5000,
) -> None:
    """Serve Dagster and MLflow side by side on this machine until interrupted."""
    from plg_orchestration.cli.ui import serve

    raise typer.Exit(serve(workspace, port=port, mlflow_port=mlflow_port))
