"""Funnels: the tables. Only declarations stand here; the rows come from the SQL file of the same name."""

from plg_orchestration.warehouse import Table

TABLES: tuple[Table, ...] = ()
