"""SQL expressions that turn text into instants and days; nothing that is no date of the calendar, and no zoneless time, passes.

Which column is which is the dialects' matter; whether an instant is plausible, the pipeline's.
"""

ZONE = r"(Z|z|[+-]\d{2}(:?\d{2})?)$"
STAMP = r"^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?\s?" + ZONE
BARE = r"^\d{4}-\d{2}-\d{2}([T ]\d{1,2}:\d{2}(:\d{2}([.,]\d{1,9})?)?)?$"


def zoned(text: str) -> str:
    """The naive UTC timestamp of ISO 8601 text with a zone; NULL when it is anything else."""
    plain = f"{text} like '____-__-__T__:__:__%Z' and not contains({text}, ' ')"
    offset = f"cast(try_cast({text} as timestamptz) at time zone 'UTC' as timestamp)"
    return f"case when {plain} then try_cast({text} as timestamp) when regexp_matches({text}, '{STAMP}') then {offset} end"


def instant(text: str, zone: str | None, *, date_zone: str | None = None) -> str:
    """As `zoned`; where given, times without a zone are local in the SQL expression `zone`, plain dates in `date_zone`."""
    branches = [f"when regexp_matches({text}, '{STAMP}') then {zoned(text)}"]
    bare = f"cast((try_cast({text} as timestamp) at time zone {{}}) at time zone 'UTC' as timestamp)"
    if zone is not None:
        branches.append(f"when regexp_matches({text}, '{BARE}') then {bare.format(zone)}")
    elif date_zone is not None:
        branches.append(f"when {text} like '____-__-__' then {bare.format(date_zone)}")
    return f"case {' '.join(branches)} end"


def day(text: str) -> str:
    """The calendar date of YYYY-MM-DD (or YYYY-MM, its first day); NULL when it is anything else."""
    month = rf"when regexp_matches({text}, '^\d{{4}}-\d{{2}}$') then try_cast({text} || '-01' as date)"
    return rf"case when regexp_matches({text}, '^\d{{4}}-\d{{2}}-\d{{2}}$') then try_cast({text} as date) {month} end"


def epoch(text: str, units_a_second: int) -> str:
    """The naive UTC timestamp of a number of seconds (1) or milliseconds (1000) since 1970; NULL beyond the calendar's reach."""
    micro = 1_000_000 // units_a_second
    number = f"try_cast({text} as decimal(38, 9))"
    return (
        f"case when abs({number}) < 253402300800 * {units_a_second} then make_timestamp(cast({number} * {micro} as bigint)) end"
    )
