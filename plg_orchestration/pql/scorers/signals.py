"""What the formulas read from features: which criteria each user meets, and values and ages when context modifies them.

Column names vary with the policy, so these relations are built with sqlglot from registered names; every value is a bound
parameter. What the signals are worth is in the SQL files.
"""

from collections.abc import Mapping

from sqlglot import exp

from plg_orchestration.clock import AsOf
from plg_orchestration.pql.features.registry import FEATURES, MEASURES
from plg_orchestration.pql.scorers.policy import COMPONENTS, Criterion, Decay, Modifiers, Norm, Operator, Rules
from plg_orchestration.warehouse import Query

COMPARED: Mapping[Operator, type[exp.Binary]] = {">=": exp.GTE, ">": exp.GT, "<=": exp.LTE, "<": exp.LT, "=": exp.EQ}
IDS = ("as_of", "user_id", "account_id")
WEIGHTED_FEATURES = (
    "active_days_30d", "core_features_ever", "days_since_last_active", "events_30d", "spending_signals", "teammates",
)  # fmt: skip
"""The features that the weighted formula reads."""
SOURCE = "scored_features"
NOTHING = exp.cast(exp.Null(), "varchar")


def rule_features(rules: Rules) -> tuple[str, ...]:
    """The features that the points read, those of their modifiers included, in alphabetical order."""
    return tuple(sorted({c.feature for c in rules.criteria} | _context(rules.modifiers)))


def weighted_features(modifiers: Modifiers) -> tuple[str, ...]:
    """The features that the weighted formula reads, those of its modifiers included."""
    return tuple(sorted({*WEIGHTED_FEATURES} | _context(modifiers)))


def _context(modifiers: Modifiers) -> set[str]:
    return {d.age for d in modifiers.decay} | {n.by for n in modifiers.norm}


def stored_features(as_of: AsOf, names: tuple[str, ...]) -> Query:
    """`scored_features`: ids and the named features of `pql.features` on the day."""
    unknown = sorted(set(names) - {f.name for f in FEATURES})
    if unknown:
        raise ValueError(f"feature {unknown[0]!r} is not registered")
    columns = [exp.column(name, quoted=True) for name in (*IDS, *names)]
    day = exp.EQ(this=exp.column("as_of"), expression=exp.Placeholder(this="as_of"))
    select = exp.select(*columns).from_(exp.table_("features", db="pql")).where(day)
    return Query(SOURCE, select.sql(dialect="duckdb"), as_of.parameters())


def criteria_met(rules: Rules, features: Query) -> Query:
    """`rule_met`: ids with `met` and `unknown`, whose bit n - 1 says whether criterion n is met, or its feature unknown."""
    parameters: dict[str, object] = {}
    met: list[exp.Expr] = [exp.cast(exp.Literal.number(0), "bigint")]
    unknown = met.copy()
    for place, criterion in enumerate(rules.criteria):
        value, bit = _number(criterion), exp.cast(exp.Literal.number(2**place), "bigint")
        parameters[f"threshold_{place + 1}"] = criterion.threshold
        compared = COMPARED[criterion.operator](this=value, expression=exp.Placeholder(this=f"threshold_{place + 1}"))
        met.append(_bit(compared, bit))
        unknown.append(_bit(exp.Is(this=value, expression=exp.Null()), bit))
    chosen = [exp.column(name) for name in IDS]
    select = exp.select(*chosen, exp.alias_(_sum(met), "met"), exp.alias_(_sum(unknown), "unknown")).from_(SOURCE)
    return Query("rule_met", select.sql(dialect="duckdb"), parameters, (features,))


def rule_signals(rules: Rules, features: Query) -> Query:
    """`rule_signals`: as_of, user_id, priority, value, factor, age and note, one row per user and criterion.

    `value` is the feature's, times the average of everybody over that of the user's group where the policy says so (`note` tells
    it in words); `factor` is 0.5 ^ (age / half-life), and 1 without a decay.
    """
    parameters: dict[str, object] = {}
    parts: list[str] = []
    for place, criterion in enumerate(rules.criteria, start=1):
        value, note = _number(criterion), NOTHING
        if norm := rules.modifiers.norm_of(criterion.signal):
            value, note = _measured(value, norm, parameters)
        age, factor = _fading(rules.modifiers.decay_of(criterion.signal), f"{place}", parameters)
        named = {"priority": exp.Literal.number(place), "value": value, "factor": factor, "age": age, "note": note}
        chosen = [exp.column("as_of"), exp.column("user_id"), *(exp.alias_(made, name) for name, made in named.items())]
        parts.append(exp.select(*chosen).from_(SOURCE).sql(dialect="duckdb"))
    return Query("rule_signals", " union all ".join(parts), parameters, (features,))


def weighted_inputs(modifiers: Modifiers, features: Query) -> Query:
    """`weighted_inputs`: ids and the formula's features, `volume_norm` with its `volume_group`, and a factor per component.

    As published the norm is the average of all rows of an as-of date, the group is null and every factor is 1.
    """
    parameters: dict[str, object] = {}
    volume = exp.column("events_30d", quoted=True)
    average, group = _over(exp.Avg(this=volume.copy())), NOTHING.copy()
    if norm := modifiers.norm_of("volume"):
        average, group = _norm(volume, norm, parameters)
    factors = [
        exp.alias_(_fading(modifiers.decay_of(name), name, parameters)[1], f"{name}_factor") for name in COMPONENTS
    ]  # fmt: skip
    chosen = [exp.column(name, quoted=True) for name in (*IDS, *WEIGHTED_FEATURES)]
    select = exp.select(*chosen, exp.alias_(average, "volume_norm"), exp.alias_(group, "volume_group"), *factors).from_(SOURCE)
    return Query("weighted_inputs", select.sql(dialect="duckdb"), parameters, (features,))


def long_features(name: str, features: tuple[str, ...], source: Query) -> Query:
    """A relation `name` with user_id, feature and value (DOUBLE), one row per user and registered feature; may be empty."""
    if not features:
        empty = "select cast(null as varchar) as user_id, cast(null as varchar) as feature, cast(null as double) as value limit 0"
        return Query(name, empty)
    parts = [
        exp.select(
            exp.column("user_id"), exp.alias_(exp.Literal.string(feature), "feature"),
            exp.alias_(exp.cast(exp.column(feature, quoted=True), "double"), "value"),
        ).from_(source.name).sql(dialect="duckdb")
        for feature in features if feature in MEASURES
    ]  # fmt: skip
    return Query(name, " union all ".join(parts), {}, (source,))


def _number(criterion: Criterion) -> exp.Expr:
    if criterion.feature not in MEASURES:
        raise ValueError(f"rules: feature {criterion.feature!r} is not registered")
    return exp.cast(exp.column(criterion.feature, quoted=True), "double")


def _bit(condition: exp.Expr, bit: exp.Expr) -> exp.Expr:
    return exp.case().when(condition, bit).else_(exp.Literal.number(0))


def _sum(parts: list[exp.Expr]) -> exp.Expr:
    total = parts[0]
    for part in parts[1:]:
        total = exp.Add(this=total, expression=part)
    return total


def _measured(value: exp.Expr, norm: Norm, parameters: dict[str, object]) -> tuple[exp.Expr, exp.Expr]:
    """The value times the average of everybody over that of the user's group, and that in words where a group was found."""
    average, group = _norm(value, norm, parameters)
    product = exp.Mul(this=value.copy(), expression=_over(exp.Avg(this=value.copy())))
    relative = exp.Div(this=product, expression=exp.func("nullif", average, exp.Literal.number(0)))
    measured = exp.func("coalesce", relative, value.copy())
    said = exp.func(
        "concat", value.copy(), exp.Literal.string(" counts as "), exp.func("round", measured.copy(), exp.Literal.number(1)),
        exp.Literal.string(f" in {norm.by.replace('_', ' ')} "), group.copy(),
    )  # fmt: skip
    return measured, exp.case().when(exp.Not(this=exp.Is(this=group.copy(), expression=exp.Null())), said)


def _norm(value: exp.Expr, norm: Norm, parameters: dict[str, object]) -> tuple[exp.Expr, exp.Expr]:
    """The average that the value is measured against, and the group that it is of (null where it is everybody's)."""
    name = f"min_users_{norm.by}"
    parameters[name] = norm.min_users
    by = exp.column(norm.by, quoted=True)
    known = exp.And(
        this=exp.Not(this=exp.Is(this=by.copy(), expression=exp.Null())),
        expression=exp.GTE(this=_over(exp.Count(this=exp.Star()), by), expression=exp.Placeholder(this=name)),
    )
    average = exp.case().when(known.copy(), _over(exp.Avg(this=value.copy()), by)).else_(_over(exp.Avg(this=value.copy())))
    return average, exp.case().when(known, by.copy())


def _over(this: exp.Expr, *partition: exp.Expr) -> exp.Expr:
    """The aggregate over the rows of the same as-of date, and of the same group where one is given."""
    return exp.Window(this=this, partition_by=[exp.column("as_of"), *(part.copy() for part in partition)])


def _fading(decay: Decay | None, name: str, parameters: dict[str, object]) -> tuple[exp.Expr, exp.Expr]:
    """The age in days (null without a decay) and the factor that it leaves."""
    if decay is None:
        return exp.cast(exp.Null(), "bigint"), exp.cast(exp.Literal.number(1), "double")
    parameters[f"half_life_{name}"], parameters[f"unknown_age_{name}"] = decay.half_life_days, decay.unknown_age
    age = exp.column(decay.age, quoted=True)
    known = exp.Coalesce(this=exp.cast(age.copy(), "double"), expressions=[exp.Placeholder(this=f"unknown_age_{name}")])
    halvings = exp.Div(this=known, expression=exp.Placeholder(this=f"half_life_{name}"))
    return exp.cast(age, "bigint"), exp.Pow(this=exp.cast(exp.Literal.number("0.5"), "double"), expression=halvings)
