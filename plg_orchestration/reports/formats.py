"""Figures as a reader wants them: units, signs, thousands, dashes for what is not known. No meaning is decided here."""

import math

DASH = "–"
MINUS = "\u2212"
NARROW = "\u202f"
CAPITALS = {
    "arpu": "ARPU", "mrr": "MRR", "kpi": "KPI", "pql": "PQL", "nps": "NPS", "csat": "CSAT", "cac": "CAC", "smb": "SMB",
    "ltv": "LTV", "dau": "DAU", "wau": "WAU", "arpa": "ARPA", "mau": "MAU", "24h": "24 h", "7d": "7 d", "30d": "30 d",
    "crm": "CRM",
}  # fmt: skip
SYMBOLS = {">=": "≥", "<=": "≤", "==": "="}
MONEY = {"usd": "$", "eur": "€", "gbp": "£"}


def known(value: object) -> float | None:
    """The value as a number; None when it is missing or not a number."""
    if value is None:
        return None
    number = float(value)  # type: ignore[arg-type]
    return None if math.isnan(number) else number


def count(value: object) -> str:
    """A whole number with thin spaces between thousands.

    >>> count(1234567) == f"1{NARROW}234{NARROW}567"
    True
    """
    number = known(value)
    return DASH if number is None else f"{number:,.0f}".replace(",", NARROW).replace("-", MINUS)


def decimal(value: object, digits: int = 2) -> str:
    """A number with so many digits after the point."""
    number = known(value)
    return DASH if number is None else f"{number:,.{digits}f}".replace(",", NARROW).replace("-", MINUS)


def share(value: object, digits: int = 1) -> str:
    """A fraction of 1 as percent."""
    number = known(value)
    return DASH if number is None else f"{decimal(100 * number, digits)}{NARROW}%"


def figure(value: object, unit: str | None) -> str:
    """A value in its unit: `percent` (of 100), `share` (of 1), money (`usd`, `eur_per_month` ...), `days`, `ratio`, counts.

    >>> figure(24.31, "percent") == f"24.3{NARROW}%"
    True
    """
    number = known(value)
    if number is None:
        return DASH
    unit = unit or ""
    currency = unit.partition("_")[0]
    if unit in ("percent", "share"):
        return share(number / (100 if unit == "percent" else 1))
    if currency in MONEY:
        text = f"{MONEY[currency]}{decimal(abs(number), 0 if abs(number) >= 1000 else 2)}"
        return f"{MINUS if number < 0 else ''}{text}"
    if unit == "ratio":
        return decimal(number, 2)
    whole = number == int(number)
    if unit in ("days", "hours", "minutes", "seconds"):
        return f"{decimal(number, 0 if whole else 1)}{NARROW}{unit}"
    return decimal(number, 0 if whole else 2)


def change(now: float, before: float, unit: str | None) -> str:
    """The change between two periods: points for percentages, else percent of the earlier value.

    >>> change(26.0, 24.5, "percent")
    '+1.5 points'
    """
    if unit in ("percent", "share"):
        points = (now - before) * (100 if unit == "share" else 1)
        return f"{_signed(points, 1)} points"
    if before == 0:
        return f"from {figure(before, unit)}"
    return f"{_signed(100 * (now - before) / abs(before), 1)}{NARROW}%"


def condition(text: str, unit: str | None) -> str:
    """A condition on a figure in its unit, with the signs that people write.

    >>> condition(">= 0.95", "share") == f"≥ 95{NARROW}%"
    True
    """
    symbol, _, limit = text.partition(" ")
    number = float(limit)
    digits = 0 if (100 * number) == round(100 * number) else 1
    shown = share(number, digits) if unit == "share" else f"{number:g}".replace("-", MINUS)
    return f"{SYMBOLS.get(symbol, symbol)} {shown}"


def words(name: str) -> str:
    """A name with spaces, its first letter large, and the field's abbreviations in capitals."""
    text = " ".join(CAPITALS.get(word, word) for word in name.split("_")).replace("DAU MAU", "DAU / MAU")
    return text[:1].upper() + text[1:]


def _signed(value: float, digits: int) -> str:
    text = decimal(abs(value), digits)
    zero = decimal(0, digits)
    return text if text == zero else f"{'+' if value > 0 else MINUS}{text}"
