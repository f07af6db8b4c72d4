"""The documentation page of the KPIs, made from the registry; `docs/kpis.md` is its output."""

import datetime as dt
import re
from collections import Counter

from plg_orchestration.clock import AsOf
from plg_orchestration.kpis.coming import COMING
from plg_orchestration.kpis.measures import kpi_measures, kpi_medians, spread
from plg_orchestration.kpis.model import Kpi
from plg_orchestration.kpis.registry import ALSO_CALLED, KPIS
from plg_orchestration.warehouse import Query

HEAD = """# KPIs

Made from the registry (`plg_orchestration/kpis/declared/`); change it there and run `python -m plg_orchestration.kpis.pages`.

`kpis.snapshot` has every KPI for the newest complete day, ISO week, calendar month and quarter, as far as it names these
periods: for `all`, `smb`, `mid_market` and `enterprise`, and for all of them together by channel, region, device and plan (the
one paid for now). `kpis.history` has the last 35 days, 8 weeks, 3 months and 2 quarters by segment, as known the same night. Both
count what had been received by the as-of day. Percentages run from 0 to 100. A value that cannot be computed is missing with a
reason, never 0. A window that is still open is never counted as a failure: such users are left out, and the mature share is
shown; beside the newest period the newest wholly mature one is given.

Every interval is one of 95 %:

* of a proportion Wilson's;
* of a ratio (a mean, a share of money, a score) the one of the delta method: what each user, account, contract or answer adds to
  numerator and denominator gives the error, and Student's t with n − 1 degrees of freedom the width; of a ratio that cannot be
  negative it is taken of the logarithm. Rows are taken as independent. In simulations it covers the truth in 93 to 97 % of cases
  from 50 rows on for scores, counts and values spread like prices (log-normal), and in 91 to 95 % with 10 or 20 rows. Where
  only a few of the rows differ from the rest (a retention that one account in fifty breaks) 50 rows say little: the interval
  rests on those few, and may miss. Ratios whose rows do not add up to them (CAC, lifetime value, the viral coefficient) or are
  not independent (friction_score) have none;
* of a median the exact one between two order statistics, from six values on;
* of a median time by Kaplan and Meier, in which those who still wait count until now, that of Brookmeyer and Crowley. It is
  missing while more than half wait. `cohorts.viral_loop` has the same of the time to the first invite.

Every KPI leaves out whom `kpis.exclude` names: by default `[suspects]`, the people who stand under suspicion of abuse
(`governance.suspicions`, see `docs/abuse.md`) until a person clears them, and accounts that consist of them and never paid. What
was paid counts whoever paid it. An invitation by or to a suspect is left out too. `[]` counts everybody. The setting is part of
every definition hash; the snapshot's asset page and both reports say how many are left out. A suspicion that is raised or
cleared late changes later snapshots only, and `kpis.restatements` gives it as the cause.

Money is in the reporting currency (`revenue: {currency: USD}`). A price in another one is converted once, at the rate of the day
on which it starts (source `exchange_rates`: currency, day, rate), so that a rate which moves is neither expansion nor
contraction. A weekly price counts × 52/12, a yearly one / 12. A refund or a late end is a new version of the subscription: it
changes later snapshots, never a stored one.
"""

PLAN = """
## What a night of KPIs reads

The rows of each population are prepared once for the snapshot and the history together; over them there is one grouped
aggregation by segment, and one by dimension for the periods that the snapshot shows. So often each stored table is read:

| table | scans |
|---|---|
"""
COMMENT = re.compile(r"--[^\n]*")
READ = re.compile(r"(?:from|join)\s+([a-z]+\.[a-z_]+)")


def registry_markdown() -> str:
    """The page: a section for each group with the computed KPIs, and a table of those to come, if any."""
    groups = list(dict.fromkeys(kpi.group for kpi in KPIS))
    sections = [f"\n## {group.capitalize()}\n" + "".join(_entry(kpi) for kpi in KPIS if kpi.group == group) for group in groups]
    if COMING:
        rows = "".join(f"| `{entry.name}` | {entry.group} | {entry.question} |\n" for entry in COMING)
        sections.append("\n## Named, not computed yet\n\n| KPI | group | question |\n|---|---|---|\n" + rows)
    return HEAD + "".join(sections) + _plan()


def scans_of(*queries: Query) -> Counter[str]:
    """How often each table is read by the queries together: what they require is prepared once a run, so it counts once."""
    texts: dict[str, str] = {}

    def collect(query: Query) -> None:
        texts[query.name] = COMMENT.sub("", query.text)
        for required in query.requires:
            collect(required)

    for query in queries:
        collect(query)
    return Counter(name for text in texts.values() for name in READ.findall(text))


def _plan() -> str:
    """The section on what a night of KPIs reads."""
    as_of = AsOf(dt.date(2025, 1, 1))
    exclude = ("suspects",)
    scans = scans_of(kpi_measures(as_of=as_of, exclude=exclude), kpi_medians(as_of=as_of, exclude=exclude))
    rows = "".join(f"| `{name}` | {count} |\n" for name, count in sorted(scans.items()) if not name.startswith("config."))
    return PLAN + rows


def _entry(kpi: Kpi) -> str:
    window = f"{kpi.matures_after.days} days" if kpi.matures_after else "none"
    facts = [
        ("formula", kpi.formula),
        ("unit", f"{kpi.unit}, {kpi.better} is better"),
        ("kind", f"{kpi.kind}, {kpi.measure}"),
        ("interval", _interval(kpi)),
        ("periods", ", ".join(kpi.periods)),
        ("window", window),
        ("broken down by", ", ".join((*(("segment",) if kpi.segmented else ()), *kpi.dimensions)) or "nothing"),
        ("needs", ", ".join(f"`{need}`" for need in kpi.needs) or "nothing"),
        ("reviewed", f"{kpi.cadence} by {kpi.owner}"),
    ]
    if names := [name for name, meant in ALSO_CALLED.items() if meant == kpi.name]:
        facts.append(("also called", ", ".join(f"`{name}`" for name in names)))
    if kpi.unavailable:
        facts.append(("not available", kpi.unavailable))
    return f"\n### `{kpi.name}`\n\n{kpi.question}\n\n" + "".join(f"* {name}: {text}\n" for name, text in facts)


def _interval(kpi: Kpi) -> str:
    if kpi.unavailable:
        return "none"
    if kpi.measure == "ratio":
        return "delta method" if spread(kpi) else "none"
    names = {"count": "none", "proportion": "Wilson", "median": "exact, by order statistics", "waiting": "Brookmeyer and Crowley"}
    return names[kpi.measure]


def _main() -> None:
    from pathlib import Path

    page = Path(__file__).parents[2] / "docs" / "kpis.md"
    page.write_text(registry_markdown(), encoding="utf-8")
    print(page)


if __name__ == "__main__":
    _main()
