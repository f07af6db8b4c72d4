"""The job `explain_decision`: the dossier of a decision as a page, from Dagster's launchpad.

`plg explain` does the same from the command line. The page is written where the configuration says; the run keeps no copy of it.
"""

from pathlib import Path

import dagster as dg

from plg_orchestration.governance.privacy.keyring import open_keyring
from plg_orchestration.governance.privacy.secret import secret_of
from plg_orchestration.resources import WarehouseResource


class Explained(dg.Config):
    """Which decision (its id, or its key in the log), and the file to which its page is written."""

    decision_id: str
    html: str
    with_identity: bool = False


@dg.op(description="Write the dossier of the decision as one HTML page.")
def write_dossier(context: dg.OpExecutionContext, config: Explained, warehouse: WarehouseResource) -> str:
    """The file; it is an error when the decision is not known."""
    from plg_orchestration.reports.dossier import dossier, dossier_page
    from plg_orchestration.warehouse.parquet import write_text

    here = warehouse.workspace
    with warehouse.open() as opened, open_keyring(here.state, secret_of(here)) as keys:
        made = dossier(opened, config.decision_id.strip(), workspace=here, keys=keys, named=config.with_identity)
    write_text(Path(config.html), dossier_page(made))
    context.add_output_metadata({"page": dg.MetadataValue.path(config.html), "decided on": made.decided_on})
    return config.html


@dg.job(
    executor_def=dg.in_process_executor,
    description="Explain one decision: write its dossier as a page, by pseudonym unless identities are asked for.",
)
def explain_decision() -> None:
    """One step; its configuration names the decision and the file."""
    write_dossier()
