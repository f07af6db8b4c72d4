"""Heads of the decision log in MLflow: one of the log's anchors, for auditors who never see the machine that it lies on.

What a head says and whether it agrees with the log is for `governance/audit_log` to judge.
"""

import datetime as dt

from plg_orchestration.tracking.governance import ABOUT
from plg_orchestration.tracking.store import Tracking, client_of, experiment, quoted

HEAD = "plg.audit_log.head"
MOST = 200
"""So many runs are looked at."""


def anchor_head(tracking: Tracking, line: str, *, as_of: dt.date) -> None:
    """Tag the governance experiment, and the day's governance run when there is one, with the signed head (one line).

    TrackingUnavailable when the store cannot be written.
    """
    with client_of(tracking) as client:
        about = experiment(client, tracking, "governance", about=ABOUT)
        client.set_experiment_tag(about, HEAD, line)
        wanted = f"tags.`plg.as_of` = {quoted(str(as_of))} and tags.`plg.kind` = 'governance'"
        for run in client.search_runs([about], filter_string=wanted, max_results=1):
            client.set_tag(run.info.run_id, HEAD, line)


def anchored_heads(tracking: Tracking) -> list[str]:
    """The lines that the experiment and its runs are tagged with; none when nothing was anchored.

    TrackingUnavailable when the store cannot be read.
    """
    with client_of(tracking) as client:
        found = client.get_experiment_by_name(tracking.experiment_name("governance"))
        if found is None:
            return []
        runs = client.search_runs([found.experiment_id], filter_string=f"tags.`{HEAD}` LIKE '%'", max_results=MOST)
        lines = [str(run.data.tags[HEAD]) for run in runs]
        return [*lines, *([str(found.tags[HEAD])] if HEAD in found.tags else [])]
