"""KPIs: one declaration each, a snapshot that anybody can recompute, and its place among targets and benchmarks.

Money by account and day belongs to `revenue/`, cohorts and retention to `cohorts/`.
"""
