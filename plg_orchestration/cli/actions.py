"""`plg acknowledge`, `plg accept-risk` and `plg accept-likelihood`: recorded, shown on the newest day, or refused in a line.

What may be said and what follows is in `governance/actions/`.
"""

import datetime as dt
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from plg_orchestration.cli.home import enter, open_console
from plg_orchestration.config import Workspace, write_config_tables
from plg_orchestration.errors import PlgError
from plg_orchestration.wall_clock import SystemClock
from plg_orchestration.warehouse import Warehouse


def acknowledge_and_print(
    workspace: Path | None, incident_id: str, *, person: str, note: str, requested_by: str | None, until: dt.date | None = None
) -> int:
    """Record the acknowledgement, or that an alert is snoozed until a day; 2 when it is refused, with the reason."""
    from plg_orchestration.governance.actions.incidents import Acknowledging
    from plg_orchestration.governance.audit_log.keeping import flush
    from plg_orchestration.kpis.alerts.actions import acknowledge

    here = enter(workspace)

    def done() -> None:
        now, word = _now(), Acknowledging(incident_id, person, note, requested_by)
        with _opened(here) as warehouse:
            record = acknowledge(warehouse, word, workspace=here, recorded_at=now, until=until)
            flush(here, warehouse, at=now)
            asked = {"day": record.as_of, "incident": record.incident_id}
            alert = "select state, state_reason from kpis.alerts where as_of = $day and alert_id = $incident"
            told = warehouse.connection.execute(alert, asked).fetchone()
            text = "select response, response_hours from governance.incidents where as_of = $day and incident_id = $incident"
            row = None if told is not None else warehouse.connection.execute(text, asked).fetchone()
        _say(f"Recorded as number {record.number} in {here.governance.actions.acknowledgements_file}.")
        if row is None:
            _say(f"{record.incident_id} is {told[0]}: {told[1]}" if told else f"{record.incident_id} is no longer listed.")
            return
        _say(f"{record.incident_id} was answered {row[1]:,.1f} hours after it opened ({row[0].replace('_', ' ')}).")
        _say("It stays open, and goes on escalating, until its control is effective again.")

    return _refusals_told(done)


def accept_risk_and_print(
    workspace: Path | None, risk_id: str, *, person: str, rationale: str, until: dt.date | None, requested_by: str | None
) -> int:
    """Record the acceptance, or that it is taken back when `until` is None; 2 when it is refused, with the reason."""
    from plg_orchestration.governance.actions.acceptance import Accepting, accept_risk
    from plg_orchestration.governance.audit_log.keeping import flush

    here = enter(workspace)

    def done() -> None:
        now, word = _now(), Accepting(risk_id, person, rationale, until, requested_by)
        with _opened(here) as warehouse:
            record = accept_risk(warehouse, word, workspace=here, recorded_at=now)
            flush(here, warehouse, at=now)
            text = "select status, reason from governance.risks where as_of = $day and risk_id = $risk"
            (row,) = warehouse.connection.execute(text, {"day": record.as_of, "risk": record.risk_id}).fetchall()
        _say(f"Recorded as number {record.number} in {here.governance.actions.acceptances_file}.")
        _say(f"{record.risk_id} on {record.as_of} is {row[0].replace('_', ' ')}: {row[1]}")

    return _refusals_told(done)


def accept_likelihood_and_print(
    workspace: Path | None, risk_id: str, level: str, *, person: str, rationale: str, requested_by: str | None
) -> int:
    """Record that the proposed likelihood is used from now on; 2 when it is refused, with the reason."""
    from plg_orchestration.governance.actions.likelihood import AcceptingLikelihood, accept_likelihood
    from plg_orchestration.governance.audit_log.keeping import flush

    here = enter(workspace)

    def done() -> None:
        now, word = _now(), AcceptingLikelihood(risk_id, level, person, rationale, requested_by)
        with _opened(here) as warehouse:
            record = accept_likelihood(warehouse, word, workspace=here, recorded_at=now)
            flush(here, warehouse, at=now)
            text = "select inherent_score, residual_score from governance.risks where as_of = $day and risk_id = $risk"
            (row,) = warehouse.connection.execute(text, {"day": record.as_of, "risk": record.risk_id}).fetchall()
        _say(f"Recorded as number {record.number} in {here.governance.actions.likelihoods_file}.")
        _say(f"{record.risk_id} from {record.as_of} on: likelihood {record.level} (the register says {record.registered}),")
        _say(f"inherent score {row[0]}, residual score {row[1]}.")

    return _refusals_told(done)


@contextmanager
def _opened(here: Workspace) -> Generator[Warehouse]:
    with Warehouse.open(here.state) as warehouse:
        write_config_tables(warehouse, here)
        yield warehouse


def _now() -> dt.datetime:
    return SystemClock().now().replace(microsecond=0)


def _say(text: str) -> None:
    open_console().print(text, markup=False, soft_wrap=True)


def _refusals_told(done: Callable[[], None]) -> int:
    try:
        done()
    except PlgError as error:
        print(f"plg: {error}", file=sys.stderr)
        return 2
    return 0
