"""Alerts: rules over KPI values in configuration, judged each night with regard to chance, and told to whom they concern.

What a value means and how it is computed belongs to the KPI stage's other modules; here values are only compared.
"""
