"""The Dagster assets, one module a stage: thin adapters from a day to a library call, a publication and its metadata."""

from importlib import import_module

import dagster as dg

from plg_orchestration import STAGES


def everything() -> tuple[list[dg.AssetsDefinition], list[dg.AssetChecksDefinition]]:
    """Every asset and check of every stage; a stage without a module has none yet."""
    from importlib.util import find_spec

    modules = [import_module(f"assets.{stage}") for stage in STAGES if find_spec(f"assets.{stage}")]
    assets = [a for a in dg.load_assets_from_modules(modules) if isinstance(a, dg.AssetsDefinition)]
    return assets, list(dg.load_asset_checks_from_modules(modules))
