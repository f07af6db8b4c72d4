"""Small drawings for pages, as `<svg>` text that takes the page's colors and needs no browser or renderer to make.

Each has a text alternative. Charts of assets' pages, and what they are drawn from, are in `charts` and `pictures.py`.
"""

from plg_orchestration.reports.drawings.bars import Bin, Step, histogram, waterfall
from plg_orchestration.reports.drawings.lines import Estimate, Moment, calibration, forest, trend
from plg_orchestration.reports.drawings.matrix import Placed, matrix
from plg_orchestration.reports.drawings.small import Marks, Spot, place, sparkline, strip

__all__ = [
    "Bin",
    "Estimate",
    "Marks",
    "Moment",
    "Placed",
    "Spot",
    "Step",
    "calibration",
    "forest",
    "histogram",
    "matrix",
    "place",
    "sparkline",
    "strip",
    "trend",
    "waterfall",
]
