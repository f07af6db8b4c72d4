"""JSON lines, vectorised: which of them are clean JSON objects, and the values at the paths that a dialect asks for.

Lines that the vectorised check does not vouch for go to `strict.py`, which names the reason or clears them. What the values
mean is the dialects' matter.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from plg_orchestration.ingest.reasons import MAX_LINE_BYTES
from plg_orchestration.warehouse import Query, Warehouse

MAX_PATHS = 64

NUMBER = r"-?(?:[nN][aA]|[iI][nN]|[0-9.]+[eE]\+?[0-9]{3}|[0-9]{16})"
ODD = {"odd_colon": rf":\s*{NUMBER}", "odd_comma": rf",\s*(?:[}}\]]|{NUMBER})", "odd_bracket": rf"\[\s*{NUMBER}"}
"""What DuckDB's reader lets pass and JSON does not (trailing commas, NaN, infinities), and numbers to look at closely.

Three patterns, because each begins with a fixed sign, which makes the search several times quicker than one pattern.
"""

CHECKED = r"""
with keyed as (
    select
        place, file, raw, vetted,
        case when json_valid(raw) then cast(json_keys(raw, $objects) as varchar) end as shape
    from chunk
),
checked as (
    select
        k.place,
        k.file,
        k.raw,
        k.shape,
        s.other_keys,
        case
            when k.shape is null then case when trim(k.raw, e' \t\r\n\v\f') = '' then 'blank' else 'suspect' end
            when s.shape is null then 'shape'
            when k.vetted then null
            when not starts_with(k.raw, '{')
                or not s.distinct_keys
                or s.objects != strlen(k.raw) - strlen(replace(k.raw, '{', ''))
                or strlen(k.raw) > $max_line
                or strlen(k.raw) - strlen(replace(k.raw, '[', '')) > 64
                or contains(k.raw, '\u0000')
                or regexp_matches(k.raw, $odd_colon) or regexp_matches(k.raw, $odd_comma) or regexp_matches(k.raw, $odd_bracket)
                then 'suspect'
        end as doubt
    from keyed as k
    left join shapes as s on s.shape = k.shape
)
"""
"""Lines with their `doubt`: NULL for clean objects, else `blank`, `suspect`, or `shape` when the table `shapes` lacks its shape.

A line's shape is the list of its keys, object by object; few shapes make many lines, so what follows from one is found once.
"""

LEARN = """
select
    shape,
    cast(len(list_filter(names, lambda level: level is not null)) as bigint) as objects,
    coalesce(list_bool_and(list_transform(
        names, lambda level: len(list_distinct(list_transform(level, lambda name: lower(name)))) = len(level)
    )), true) as distinct_keys,
    coalesce(len(list_filter(names[1], lambda name: not list_contains($known_keys, name))) > 0, false) as other_keys
from (select shape, cast(shape as varchar[][]) as names from new_shapes)
"""
SAMPLED = """
select distinct cast(json_keys(raw, $objects) as varchar) as shape from sampled where json_valid(raw)
"""
SHAPES = pa.schema([("shape", pa.string()), ("objects", pa.int64()), ("distinct_keys", pa.bool_()), ("other_keys", pa.bool_())])
MAX_SHAPES = 50_000
SAMPLED_LINES = 512
"""Lines, spread over a chunk, that are read ahead to learn where its objects have objects inside, and their shapes."""


class Shapes:
    """The shapes of lines met so far: how many objects each has, whether its keys are distinct, and whether some mean nothing.

    `objects` are the JSON paths at which keys are looked for; another list of them makes other shapes.
    """

    def __init__(self, warehouse: Warehouse, known_keys: Sequence[str]) -> None:
        self.warehouse, self.known_keys = warehouse, list(known_keys)
        self.objects: list[str] = ["$"]
        self.table = SHAPES.empty_table()

    def parameters(self) -> dict[str, object]:
        """The bound parameters of `CHECKED`."""
        return {"objects": self.objects, "max_line": MAX_LINE_BYTES, **ODD}

    def look(self, lines: pa.Table) -> None:
        """Learn the shapes of a sample of the lines (`raw`), and where there are objects in them."""
        step = max(lines.num_rows // SAMPLED_LINES, 1)
        sample = lines.select(["raw"]).take(pa.array(range(0, lines.num_rows, step), pa.int64()))
        objects = object_paths(sample.column("raw").to_pylist(), self.objects)
        if objects == self.objects and self.table.num_rows:
            return
        self.objects, self.table = objects, SHAPES.empty_table()
        connection = self.warehouse.connection
        connection.register("sampled", sample)
        found = connection.execute(SAMPLED, {"objects": objects}).fetchall()
        connection.unregister("sampled")
        self.learn([shape for (shape,) in found])

    def learn(self, shapes: Iterable[str]) -> None:
        """Add shapes that are new."""
        new = pa.table({"shape": pa.array(sorted(set(shapes)), pa.string())})
        if self.table.num_rows + new.num_rows > MAX_SHAPES:
            self.table = SHAPES.empty_table()
        connection = self.warehouse.connection
        connection.register("new_shapes", new)
        made = self.warehouse.arrow(Query("learned_shapes", LEARN, {"known_keys": self.known_keys})).cast(SHAPES)
        connection.unregister("new_shapes")
        self.table = pa.concat_tables([self.table, made])


def object_paths(lines: Iterable[str], known: Sequence[str] = ("$",)) -> list[str]:
    """`known` and the JSON paths of the objects inside the given lines (not inside arrays), at most `MAX_PATHS`.

    Where most of the lines have something else than an object, the path is left out. Objects that are missed, and values of
    another kind at a path, cost time, not truth: such a line is read strictly.
    """
    balance = Counter(dict.fromkeys(known, 1))
    for line in lines:
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            _weigh(value, "$", 0, balance)
    return [path for path, weight in balance.items() if weight > 0][:MAX_PATHS]


def _weigh(value: dict[str, Any], path: str, level: int, balance: Counter[str]) -> None:
    for key, item in value.items():
        step = quoted(key)
        if step is None or level >= 8:
            continue
        inner = f"{path}.{step}"
        if isinstance(item, dict):
            balance[inner] += 1
            _weigh(item, inner, level + 1, balance)
        else:
            balance[inner] -= 1


def quoted(key: str) -> str | None:
    """The key as one step of a JSON path; None when a path cannot say it."""
    return None if not key or any(sign in key for sign in '"\\*') else f'"{key}"'


def path_of(*keys: str) -> str:
    """The JSON path of nested keys; ValueError when a path cannot say one of them."""
    steps = [quoted(key) for key in keys]
    if None in steps:
        raise ValueError(f"JSON key {keys!r} holds a quote, a backslash or a star, which a path cannot say; rename it")
    return ".".join(["$", *map(str, steps)])
