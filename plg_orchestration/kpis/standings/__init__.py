"""Where each KPI stands: among published benchmarks, in its own history, against its target, and which review is due.

What a KPI's value is belongs to the KPI stage itself; what changed after it was published, to `restatements/`.
"""
