"""The declarations of the KPIs, one module a group; `registry.py` puts them together."""
