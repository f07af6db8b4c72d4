"""What a ratio of sums needs for its sampling error: what each row adds to its numerator and its denominator, squared and crossed.

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
            return row_value(aggregate.this)
        case exp.Filter(this=inner):
            added = row_value(inner)
            return None if added is None else _where(aggregate.expression.this, added)
        case exp.Count(this=exp.Star()):
            return exp.Literal.number(1)
        case exp.Sum():
            return exp.paren(aggregate.this.copy())
        case exp.Add() | exp.Sub():
            left, right = row_value(aggregate.left), row_value(aggregate.right)
            return None if left is None or right is None else exp.paren(type(aggregate)(this=left, expression=right))
        case exp.Mul() if isinstance(aggregate.left, exp.Literal):
            added = row_value(aggregate.right)
            return None if added is None else exp.Mul(this=aggregate.left.copy(), expression=added)
        case exp.Div(expression=exp.Max(this=same)):
            added = row_value(aggregate.left)
            return None if added is None else exp.Div(this=_double(added), expression=same.copy())
        case _:
            return None


def ratio_moments(numerator: str, denominator: str) -> tuple[str, str, str] | None:
    """The aggregates Σx², Σxy and Σy² of what rows add; None where they do not add up to the ratio."""
    from sqlglot import parse_one

    x, y = (row_value(parse_one(text, read="duckdb")) for text in (numerator, denominator))
    if x is None or y is None:
        return None
    above, below = (_double(one).sql(dialect="duckdb") for one in (x, y))
    return f"sum({above} * {above})", f"sum({above} * {below})", f"sum({below} * {below})"


def _where(condition: "exp.Expr", added: "exp.Expr") -> "exp.Expr":
    from sqlglot import exp

    return exp.paren(exp.Case().when(condition.copy(), added).else_(exp.Literal.number(0)))


def _double(expression: "exp.Expr") -> "exp.Expr":
    from sqlglot import exp

    return exp.cast(expression.copy(), "double")
