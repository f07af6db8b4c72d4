"""The job `quarterly_audit`: the signed bundle of a quarter's evidence, on the first of the next one or from the launchpad.

`plg evidence` does the same from the command line; what is in a bundle is decided in the library (`reports/evidence/`).
"""

import hashlib

import dagster as dg

from plg_orchestration.governance.privacy.secret import secret_of
from plg_orchestration.reports.evidence.chain import anchors_of
from plg_orchestration.reports.evidence.make import make_bundle, write_bundle
from plg_orchestration.reports.evidence.quarters import quarter
from plg_orchestration.resources import WarehouseResource


class Evidence(dg.Config):
    """Which quarter, such as 2025Q3."""

    quarter: str


@dg.op(description="Gather the quarter's evidence, take names out, chain and sign it, and write it into the state folder.")
def make_evidence(context: dg.OpExecutionContext, config: Evidence, warehouse: WarehouseResource) -> str:
    """Where the bundle lies; it is an error when the quarter has no night or the decision log was changed."""
    here, wanted = warehouse.workspace, quarter(config.quarter)
    with warehouse.open() as opened:
        bundle = make_bundle(opened, wanted, workspace=here, secret=secret_of(here), anchors=anchors_of(here))
    path = write_bundle(bundle, here)
    context.add_output_metadata({
        "path": dg.MetadataValue.path(str(path)), "nights": len(bundle.nights), "files": bundle.files,
        "bytes": len(bundle.data), "SHA-256": hashlib.sha256(bundle.data).hexdigest(), "SHA-256 of the key": bundle.key_digest,
        "empty": "; ".join(f"{name}: {reason}" for name, reason in bundle.absent) or "nothing",
    })  # fmt: skip
    return str(path)


@dg.job(
    executor_def=dg.in_process_executor,
    description="One signed archive that opens offline: register, controls, incidents, promotions, fairness, chain proof.",
)
def quarterly_audit() -> None:
    """One step; its configuration names the quarter."""
    make_evidence()
