"""A demonstration workspace: an imagined freemium product as raw files, deterministic by seed, with a known truth beside them.

`generate` writes it. What the rest of the project computes from such files does not belong here, and nothing here is used by it.
"""

from plg_orchestration.demo.generator import generate
from plg_orchestration.demo.sizes import SIZES, EventFormat, Size
from plg_orchestration.demo.truth import Truth

__all__ = ["SIZES", "EventFormat", "Size", "Truth", "generate"]
