"""Restatements: what was published about a period, what is known of it now, and which rows made the difference.

What a KPI's value is belongs to the KPI stage; who was erased, to `governance/privacy`.
"""
