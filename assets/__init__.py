"""The Dagster assets, one module a stage: thin adapters from a day to a library call, a publication and its metadata.

A large stage has more modules, named `<stage>_<subject>`.
"""

from importlib import import_module
from pkgutil import iter_modules

import dagster as dg

from assets.governance_obligations import refuse_unknown_checks
from plg_orchestration import STAGES
from plg_orchestration.config import current_workspace


def everything() -> tuple[list[dg.AssetsDefinition], list[dg.AssetChecksDefinition]]:
    """Every asset and check of every stage; a stage without a module has none yet."""
    there = sorted(module.name for module in iter_modules(__path__))
    names = [name for stage in STAGES for name in there if name == stage or name.startswith(f"{stage}_")]
    modules = [import_module(f"assets.{name}") for name in names]
    assets = [a for a in dg.load_assets_from_modules(modules) if isinstance(a, dg.AssetsDefinition)]
    checks = list(dg.load_asset_checks_from_modules(modules))
    refuse_unknown_checks([*assets, *checks], current_workspace())
    return assets, checks
