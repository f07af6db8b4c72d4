"""Figures as a reader wants them: units, signs, thousands, dashes for what is not known. No meaning is decided here."""

import datetime as dt
import math

DASH = "–"
MINUS = "\u2212"
NARROW = "\u202f"
CAPITALS = {
    "arpu": "ARPU", "mrr": "MRR", "kpi": "KPI", "pql": "PQL", "nps": "NPS", "csat": "CSAT", "cac": "CAC", "smb": "SMB",
    "ltv": "LTV", "dau": "DAU", "wau": "WAU", "arpa": "ARPA", "mau": "MAU", "24h": "24 h", "7d": "7 d", "30d": "30 d",
    "crm": "CRM", "ttv": "TTV", "mql": "MQL", "arr": "ARR", "na": "NA", "emea": "EMEA", "apac": "APAC", "latam": "LATAM",
}  # fmt: skip
SYMBOLS = {">=": "≥", "<=": "≤", "==": "="}
MONEY = {"usd": "$", "eur": "€", "gbp": "£"}
SEGMENT_NAMES = {"all": "All", "smb": "SMB", "mid_market": "Mid-market", "enterprise": "Enterprise"}


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


def compact(value: float, unit: str | None = None) -> str:
    """A value for an axis: thousands as k, millions as M, with the unit where it is short.

    >>> compact(12500.0, "usd_per_month"), compact(40.0, "percent"), compact(0.25)
    ('$12.5k', '40\\u202f%', '0.25')
    """
    size = abs(value)
    factor, letter = (1e6, "M") if size >= 1e6 else (1e3, "k") if size >= 1e4 else (1.0, "")
    text = f"{size / factor:.4g}{letter}"
    sign = MINUS if value < 0 else ""
    symbol = MONEY.get((unit or "").partition("_")[0], "")
    return f"{sign}{symbol}{text}{NARROW + '%' if unit == 'percent' else ''}"


def signed(value: object, unit: str | None) -> str:
    """A change in its unit with its sign; a percentage changes by points.

    >>> signed(1.5, "percent"), signed(-120.0, "usd")
    ('+1.5 points', '\\u2212$120.00')
    """
    number = known(value)
    if number is None:
        return DASH
    text = f"{decimal(abs(number), 1)} points" if unit == "percent" else figure(abs(number), unit)
    return text if number == 0 else f"{'+' if number > 0 else MINUS}{text}"


def between(low: object, high: object, unit: str | None) -> str:
    """An interval in its unit; '' when either end is not known.

    >>> between(0.2, 0.4, "share") == f"20.0{NARROW}% to 40.0{NARROW}%"
    True
    """
    return "" if known(low) is None or known(high) is None else f"{figure(low, unit)} to {figure(high, unit)}"


def date(value: object) -> str:
    """A day as YYYY-MM-DD; a dash when there is none."""
    return f"{value:%Y-%m-%d}" if isinstance(value, dt.date) else DASH


def stretch(period: str, start: dt.date) -> str:
    """A period in words: the month by name, the quarter by number, a week by its Monday.

    >>> stretch("month", dt.date(2025, 8, 1)), stretch("quarter", dt.date(2025, 7, 1))
    ('August 2025', 'Q3 2025')
    """
    if period == "month":
        return f"{start:%B %Y}"
    if period == "quarter":
        return f"Q{(start.month + 2) // 3} {start.year}"
    return f"{start:%Y-%m-%d}" if period == "day" else f"{period} of {start:%Y-%m-%d}"


def segment_name(name: object) -> str:
    """A segment as people write it."""
    return SEGMENT_NAMES.get(str(name), words(str(name)))


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
