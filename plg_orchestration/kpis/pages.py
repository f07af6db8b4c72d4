"""The documentation page of the KPIs, made from the registry; `docs/kpis.md` is its output."""

from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.model import Kpi
from plg_orchestration.kpis.registry import KPIS

HEAD = """# KPIs

Made from the registry (`plg_orchestration/kpis/declared/`); change it there and run `python -m plg_orchestration.kpis.pages`.

Every KPI is computed for the newest complete day, ISO week, calendar month and quarter, as far as it names these periods: for
`all`, `smb`, `mid_market` and `enterprise`, and for all of them together by channel, region, device and plan (the one paid for
now). It counts what had been received by the as-of day. Percentages run from 0 to 100. A value that cannot be computed is missing
with a reason, never 0. Proportions carry a Wilson interval of 95 %, medians an exact one between two order statistics. A window
that is still open is never counted as a failure: such users are left out, and the mature share is shown; beside the newest period
the newest wholly mature one is given.

Money is in the reporting currency (`revenue: {currency: USD}`). A price in another one is converted once, at the rate of the day
on which it starts (source `exchange_rates`: currency, day, rate), so that a rate which moves is neither expansion nor
contraction. A weekly price counts × 52/12, a yearly one / 12. A refund or a late end is a new version of the subscription: it
changes later snapshots, never a stored one.
"""


def registry_markdown() -> str:
    """The page: a section for each group with the computed KPIs, and a table of those to come, if any."""
    groups = list(dict.fromkeys(kpi.group for kpi in KPIS))
    sections = [f"\n## {group.capitalize()}\n" + "".join(_entry(kpi) for kpi in KPIS if kpi.group == group) for group in groups]
    if COMING:
        rows = "".join(f"| `{entry.name}` | {entry.group} | {entry.question} |\n" for entry in COMING)
        sections.append("\n## Named, not computed yet\n\n| KPI | group | question |\n|---|---|---|\n" + rows)
    return HEAD + "".join(sections)


def _entry(kpi: Kpi) -> str:
    window = f"{kpi.matures_after.days} days" if kpi.matures_after else "none"
    facts = [
        ("formula", kpi.formula),
        ("unit", f"{kpi.unit}, {kpi.better} is better"),
        ("kind", f"{kpi.kind}, {kpi.measure}"),
        ("periods", ", ".join(kpi.periods)),
        ("window", window),
        ("broken down by", ", ".join((*(("segment",) if kpi.segmented else ()), *kpi.dimensions)) or "nothing"),
        ("needs", ", ".join(f"`{need}`" for need in kpi.needs) or "nothing"),
        ("reviewed", f"{kpi.cadence} by {kpi.owner}"),
    ]
    if kpi.unavailable:
        facts.append(("not available", kpi.unavailable))
    return f"\n### `{kpi.name}`\n\n{kpi.question}\n\n" + "".join(f"* {name}: {text}\n" for name, text in facts)


def _main() -> None:
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "kpis.md"
    page.write_text(registry_markdown(), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    _main()
