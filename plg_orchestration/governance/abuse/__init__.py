"""Freemium abuse: which signups look fake, by explainable rules with an anomaly model beside them, and what that costs.

Whom routing leaves alone and KPIs leave out follows from `governance.suspicions`; what they do with it is theirs.
"""
