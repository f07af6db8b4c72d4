"""What a ratio of sums needs for its sampling error: what rows add to its numerator and denominator, squared and crossed.

For R = Σx / Σy over n independent rows the error is that of the linearized residuals x − R·y (the delta method):
sqrt(n / (n − 1) · Σ(x − R·y)²) / |Σy|, where Σ(x − R·y)² = Σx² − 2R·Σxy + R²·Σy²; so three more sums in the same pass are enough.
`kpi_values.sql` puts them together.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp


def row_value(aggregate: "exp.Expr") -> "exp.Expr | None":
    """What one row adds to a linear aggregate expression: None where the expression is not a sum over rows.

    Sums, counts and counts with a filter are; so are their sums and differences, multiples, and quotients by the maximum of a
    column (which is the same in all rows of a period).
    """
    from sqlglot import exp

    match aggregate:
        case exp.Paren():
            added = row_value(aggregate.this)
        case exp.Filter(this=inner):
            added = _where(aggregate.expression.this, row_value(inner))
        case exp.Count(this=exp.Star()):
            added = exp.Literal.number(1)
        case exp.Sum():
            added = exp.paren(aggregate.this.copy())
        case exp.Add() | exp.Sub():
            left, right = row_value(aggregate.left), row_value(aggregate.right)
            added = exp.paren(type(aggregate)(this=left, expression=right)) if left and right else None
        case exp.Mul(this=exp.Literal() as factor, expression=inner):
            times = row_value(inner)
            added = exp.Mul(this=factor.copy(), expression=times) if times else None
        case exp.Div(this=inner, expression=exp.Max(this=same)):
            divided = row_value(inner)
            added = exp.Div(this=_double(divided), expression=same.copy()) if divided else None
        case _:
            added = None
    return added


def ratio_moments(numerator: str, denominator: str) -> tuple[str, str, str] | None:
    """The aggregates Σx², Σxy and Σy² of what rows add; None where they do not add up to the ratio."""
    from sqlglot import parse_one

    x, y = (row_value(parse_one(text, read="duckdb")) for text in (numerator, denominator))
    if x is None or y is None:
        return None
    above, below = (_double(one).sql(dialect="duckdb") for one in (x, y))
    return f"sum({above} * {above})", f"sum({above} * {below})", f"sum({below} * {below})"


def _where(condition: "exp.Expr", added: "exp.Expr | None") -> "exp.Expr | None":
    from sqlglot import exp

    return None if added is None else exp.paren(exp.Case().when(condition.copy(), added).else_(exp.Literal.number(0)))


def _double(expression: "exp.Expr") -> "exp.Expr":
    from sqlglot import exp

    return exp.cast(expression.copy(), "double")
