"""A folder of CSV files: one a night and team, the same bytes for the same leads, replaced in one step.

Cells that a spreadsheet could take for formulas begin with an apostrophe, as in the queue of plays.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from plg_orchestration.csv_text import csv_text
from plg_orchestration.sending.answers import Outcome, Reply, reply_to_all
from plg_orchestration.sending.deliveries import Delivery
from plg_orchestration.sending.sender import Batch
from plg_orchestration.warehouse.parquet import write_text


@dataclass(frozen=True)
class Folder:
    """The channel of one folder; `whole` gives all leads of the night and team of one of them."""

    folder: Path
    columns: tuple[str, ...]
    whole: Callable[[Delivery], Sequence[Delivery]]

    def batches(self, deliveries: Sequence[Delivery]) -> list[Batch]:
        """The leads of a night and team together."""
        ordered = sorted(deliveries, key=lambda delivery: (delivery.as_of, delivery.route))
        return [tuple(batch) for _, batch in groupby(ordered, key=lambda delivery: (delivery.as_of, delivery.route))]

    def send(self, batch: Batch) -> Reply:
        """Write the file of the batch's night and team, with the leads that were in it before."""
        path = self.folder / file_name(batch[0])
        try:
            write_text(path, file_text(self.whole(batch[0]), self.columns))
        except OSError as error:
            outcome = Outcome("again", f"{path} cannot be written ({error.strerror})", None, "make room and let it be written")
            return Reply((outcome,) * len(batch), stop=outcome.answer)
        return reply_to_all(Outcome("delivered", path.name), len(batch))


def file_name(delivery: Delivery) -> str:
    """The file of the delivery's night and team; what no file name can hold is written as %XX."""
    return f"{delivery.as_of}_{quote(delivery.route, safe=' ')}.csv"


def file_text(deliveries: Sequence[Delivery], columns: Sequence[str]) -> str:
    """The leads as CSV with a header, in the order given."""
    return csv_text(pa.table({name: pa.array([delivery.content[name] for delivery in deliveries]) for name in columns}))
