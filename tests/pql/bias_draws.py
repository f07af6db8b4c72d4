"""Populations with a known disparity, drawn as counts per account, for the simulations of the bias audit."""

from dataclasses import dataclass

import numpy as np

from plg_orchestration.config.section import load_default
from plg_orchestration.pql.bias.contrasts import audited
from plg_orchestration.pql.bias.counts import COUNTS, Counts
from plg_orchestration.pql.bias.estimates import contrasted, draws_of
from plg_orchestration.pql.policy import PqlPolicy

POLICY = load_default("pql", PqlPolicy).bias


@dataclass(frozen=True)
class Side:
    """Accounts of a group: how many, rows of each on average, the rate, and how alike an account's rows are (0 to 1)."""

    accounts: int
    rate: float
    rows: float = 1.0
    alike: float = 0.0

    def drawn(self, generator: np.random.Generator, samples: int) -> tuple[np.ndarray, np.ndarray]:
        """Events and rows, an array (accounts, samples) each; sizes are geometric, rates of accounts beta."""
        shape = (self.accounts, samples)
        size = np.ones(shape, int) if self.rows == 1 else generator.geometric(1 / self.rows, shape)
        rate = np.full(shape, self.rate)
        if self.alike:
            strength = (1 - self.alike) / self.alike
            rate = generator.beta(self.rate * strength, (1 - self.rate) * strength, shape)
        return generator.binomial(size, rate).astype(float), size.astype(float)


def bucketed(values: np.ndarray, order: np.ndarray, buckets: int) -> np.ndarray:
    """Accounts (first axis) in random order, put into at most so many buckets."""
    mixed = values[order]
    if len(mixed) <= buckets:
        return mixed
    padded = np.zeros((-len(mixed) % buckets, *mixed.shape[1:]))
    return np.concatenate([mixed, padded]).reshape(-1, buckets, *mixed.shape[1:]).sum(axis=0)


def intervals(group: Side, rest: Side, *, samples: int, seed: int, rounds: int = 1000):
    """The estimates of so many samples of group and rest, each with clusters of its own."""
    generator = np.random.default_rng(seed)
    own, others = group.drawn(generator, samples), rest.drawn(generator, samples)
    order = generator.permutation(group.accounts + rest.accounts)
    empty, nobody = np.zeros((rest.accounts, samples)), np.zeros((group.accounts, samples))
    cells = [bucketed(np.concatenate(pair), order, POLICY.buckets) for pair in (
        (own[0], empty), (own[1], empty), (nobody, others[0]), (nobody, others[1]))]  # fmt: skip
    draws = draws_of(len(cells[0]), rounds, seed)
    sums = [draws @ cell for cell in cells]
    return contrasted((sums[0], sums[2]), (sums[1], sums[3]), (cells[1], cells[3]), POLICY.confidence)


def audit_of(sides: dict[str, Side], generator: np.random.Generator, policy=POLICY, attribute: str = "region"):
    """One audit of decisions in which half of everybody converts and selection does not depend on the outcome."""
    total = sum(side.accounts for side in sides.values())
    order, begun = generator.permutation(total), 0
    cells = {name: np.zeros((total, len(sides))) for name in COUNTS}
    for place, side in enumerate(sides.values()):
        here = slice(begun, begun + side.accounts)
        selected, size = (values[:, 0] for values in side.drawn(generator, 1))
        positives = generator.binomial(size.astype(int), 0.5)
        tp = generator.hypergeometric(positives, (size - positives).astype(int), selected.astype(int))
        made = {"n": size, "known": size, "positives": positives, "negatives": size - positives, "selected": selected,
                "decided": selected, "tp": tp, "fp": selected - tp, "score": selected}  # fmt: skip
        for name, values in made.items():
            cells[name][here, place] = values
        begun += side.accounts
    counts = Counts(attribute, tuple(sides), {name: bucketed(v, order, policy.buckets) for name, v in cells.items()})
    return audited([counts], policy).contrasts
