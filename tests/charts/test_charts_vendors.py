"""The chart of third parties draws fit against days left, and names those of which one is unknown."""

import pandas as pd

from plg_orchestration import charts

ROWS = pd.DataFrame({
    "vendor": ["mailer", "pay", "crm"], "fit": [8.5, 3.0, None], "certificate_days_left": [120, -3, 40],
    "status": ["pass", "fail", "warn"],
})  # fmt: skip


def test_each_vendor_stands_with_its_status_and_the_unknown_are_named() -> None:
    spec = str(charts.vendor_standing(ROWS, warning_days=20).to_dict())
    assert "'told': 'in order'" in spec and "'told': 'failed'" in spec and "'days': -3.0" in spec
    assert "Dashed: 20 days left." in spec and "crm." in spec
    assert charts.to_png(charts.vendor_standing(ROWS)).startswith(b"\x89PNG")


def test_without_rows_the_chart_gives_the_reason() -> None:
    shown = charts.vendor_standing(pd.DataFrame(), reason="no vendor is known").to_dict()
    assert shown["mark"]["text"] == ["no data yet: no vendor is known"]
