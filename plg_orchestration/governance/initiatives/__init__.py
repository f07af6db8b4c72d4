"""Initiatives and the roadmap: what was planned, what it costs, what its KPIs say, and which decision comes next."""
