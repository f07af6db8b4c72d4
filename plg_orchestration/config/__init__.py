"""The configuration of a workspace: `plg.yaml`, its strict loader, the packaged defaults and the tables that SQL reads.

A stage's own policy is declared in that stage; a policy module imports `config.section` and nothing else of this folder.
"""

from plg_orchestration.config.check import check_workspace
from plg_orchestration.config.fingerprint import definition_hash
from plg_orchestration.config.load import current_workspace, load_workspace, workspace_file
from plg_orchestration.config.problems import InvalidConfiguration, Problem
from plg_orchestration.config.section import Section, load_default
from plg_orchestration.config.sources import Source
from plg_orchestration.config.store import write_config_tables
from plg_orchestration.config.taxonomy import Taxonomy
from plg_orchestration.config.workspace import Workspace

__all__ = [
    "InvalidConfiguration", "Problem", "Section", "Source", "Taxonomy", "Workspace", "check_workspace", "current_workspace",
    "definition_hash", "load_default", "load_workspace", "workspace_file", "write_config_tables",
]  # fmt: skip
