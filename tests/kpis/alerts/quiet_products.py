"""Simulated products in which nothing happens: the series that rules judge, with all that makes them scatter.

Users come in accounts, so that shares and counts scatter more than independent draws; days have weekdays and a trend; values lie
at their limits in some products and well on the good side in others.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from plg_orchestration.kpis.alerts.policy import JUDGED, AlertPolicy
from plg_orchestration.kpis.alerts.series import Key, Point, Series

SUNDAY = dt.date(2025, 6, 29)
SEGMENTS = {"smb": 0.5, "mid_market": 0.3, "enterprise": 0.2}
TARGETS: dict[Key, float] = {
    ("activation_rate", "week", segment): target
    for segment, target in {"smb": 25.0, "mid_market": 30.0, "enterprise": 20.0}.items()
}
SIZES = (40, 150, 600, 4000)
"""Signups a week."""
Floats = np.ndarray


@dataclass
class Product:
    """One product: draws its series up to the Sunday; `weeks` is how much of its past is known."""

    rng: np.random.Generator
    size: int
    weeks: int
    series: dict[Key, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.scale = 1 + 2 * self.rng.random()  # variance in excess of independent draws, by accounts
        self.margin = self.rng.choice([0.0, 0.1, 0.4])  # how far values lie on the good side of their limits
        self.activation()
        self.share("onboarding_completion", self.size, self.rng.uniform(0.3, 0.7))
        self.share("referral_conversion", self.size // 2, self.rng.uniform(0.2, 0.5))
        self.share("support_deflection", 2 * self.size, 0.2 * (1 + self.margin) if self.rng.random() < 0.3 else 0.85)
        self.times()
        self.ratio()
        self.share("gross_churn", self.size, 0.05 * (1 - self.margin), period="month")
        self.share("free_to_paid_conversion", 5 * self.size, 0.04 * (1 + self.margin), period="month")
        self.fakes()
        self.days("signups", self.size / 7, weekend=0.5)
        self.days("dau", 0.6 * self.size, weekend=0.35)

    # -- draws --------------------------------------------------------------------------------------------------------

    def hits(self, totals: Floats, rate: float) -> Floats:
        """Binomial counts with the design effect `scale`: the rate of each period is drawn from a beta distribution."""
        if self.scale < 1.05:
            return self.rng.binomial(totals, rate)
        spread = np.maximum(
            (totals - 1) / (self.scale - 1) - 1, 0.5
        )  # alpha + beta at which the variance is `scale` times larger
        return self.rng.binomial(totals, self.rng.beta(rate * spread, (1 - rate) * spread))

    def counts(self, expected: Floats) -> Floats:
        """Counts whose variance is `scale` times their expectation."""
        return self.rng.negative_binomial(expected / (self.scale - 1 + 1e-9), 1 / self.scale)

    def starts(self, period: str) -> list[dt.date]:
        if period == "day":
            return [SUNDAY - dt.timedelta(days=back) for back in reversed(range(min(7 * self.weeks, 63) + 7))]
        if period == "week":
            return [SUNDAY - dt.timedelta(days=7 * back + 6) for back in reversed(range(self.weeks))]
        months = [(SUNDAY.year * 12 + SUNDAY.month - 2 - back) for back in reversed(range(max(self.weeks // 4, 1)))]
        return [dt.date(month // 12, month % 12 + 1, 1) for month in months]

    # -- series -------------------------------------------------------------------------------------------------------

    def put(self, kpi: str, points: list[Point], period: str = "week", segment: str = "all") -> None:
        self.series[kpi, period, segment] = Series(JUDGED[kpi], period, segment, tuple(points))  # type: ignore[arg-type]

    def shares(self, starts: list[dt.date], hits: Floats, totals: Floats) -> list[Point]:
        return [
            Point(start, 100 * hit / total, float(hit), float(total), int(total)) if total else Point(start, None)
            for start, hit, total in zip(starts, hits, totals, strict=True)
        ]

    def share(self, kpi: str, size: int, rate: float, period: str = "week") -> None:
        starts = self.starts(period)
        totals = self.counts(np.full(len(starts), float(size)))
        self.put(kpi, self.shares(starts, self.hits(totals, rate), totals), period)

    def activation(self) -> None:
        starts = self.starts("week")
        all_hits, all_totals = np.zeros(len(starts)), np.zeros(len(starts))
        for segment, part in SEGMENTS.items():
            totals = self.counts(np.full(len(starts), part * self.size))
            least = TARGETS["activation_rate", "week", segment] / 100
            hits = self.hits(totals, least * (1 + self.margin))
            self.put("activation_rate", self.shares(starts, hits, totals), segment=segment)
            all_hits, all_totals = all_hits + hits, all_totals + totals
        self.put("activation_rate", self.shares(starts, all_hits, all_totals))

    def times(self) -> None:
        """Medians of skewed times, with the exact interval between order statistics."""
        points: list[Point] = []
        for start in self.starts("week"):
            n = max(int(0.3 * self.size), 8)
            times = np.sort(5 * (1 - self.margin / 2) * np.exp(2 * self.rng.standard_normal(n)))
            low = max(int(n / 2 - 0.98 * np.sqrt(n)), 1)
            points.append(Point(start, float(np.median(times)), n=n, ci_low=times[low - 1], ci_high=times[n - low]))
        self.put("time_to_value", points)

    def ratio(self) -> None:
        inviters, k = max(self.size / 5, 5), 1 - self.margin * 0.9 - 0.02
        made = self.counts(np.full(self.weeks, inviters * k)) / inviters
        self.put(
            "viral_coefficient", [Point(start, v, n=int(inviters)) for start, v in zip(self.starts("week"), made, strict=True)]
        )

    def fakes(self) -> None:
        """A share of the signups of the last 180 days, so that one day's value is hardly another than the day before's."""
        starts = self.starts("day")
        each = max(self.size // 7, 1)
        window = self.hits(np.full(180 + len(starts), each), 0.02 * (1 - self.margin))
        sums = np.convolve(window, np.ones(180), "valid")[-len(starts) :]
        self.put("fake_account_ratio", self.shares(starts, sums, np.full(len(starts), 180 * each)), "day")

    def days(self, kpi: str, size: float, *, weekend: float) -> None:
        """Counts by day with weekdays and a trend of up to 3 % a week either way."""
        starts = self.starts("day")
        weekday = np.where(np.array([start.weekday() for start in starts]) >= 5, weekend, 1.2)
        trend = (1 + self.rng.uniform(-0.03, 0.03)) ** ((np.arange(len(starts)) - len(starts)) / 7)
        made = self.counts(size * weekday * trend)
        self.put(kpi, [Point(start, float(v), float(v), n=int(v)) for start, v in zip(starts, made, strict=True)], "day")


def nights(product: Product, policy: AlertPolicy) -> Iterator[tuple[dt.date, AlertPolicy, dict[Key, Series]]]:
    """The nights of the week: on each the newest day is judged, on the last one the week and the month too.

    Rules of days keep the share of false alarms that they have beside the others.
    """
    from plg_orchestration.kpis.alerts.judging import chance_limit, values_a_week

    daily = {name: rule for name, rule in policy.live.items() if rule.period == "day"}
    share = chance_limit(policy) * sum(map(values_a_week, daily.values()))
    of_days = policy.model_copy(update={"rules": daily, "false_alarms_per_week": share})
    for back in reversed(range(7)):
        last = SUNDAY - dt.timedelta(days=back)
        known = {
            key: Series(line.figure, line.period, line.segment, line.points[: len(line.points) - back])
            if key[1] == "day" else line
            for key, line in product.series.items()
        }  # fmt: skip
        yield last, policy if back == 0 else of_days, known
