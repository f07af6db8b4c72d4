"""Revenue: who pays what on which day, and every change of it as exactly one movement, to the cent.

Prices, accounts and dates are read from known subscriptions. KPIs over them (churn, ARPU) belong to `kpis/`.
"""

from plg_orchestration.revenue.calls import mrr_movements

__all__ = ["mrr_movements"]
