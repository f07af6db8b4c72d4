"""What people do about governance: acknowledge an incident, accept a risk, with four eyes where policy says so.

Approving a model and overriding a decision are the PQL stage's own; the rule of four eyes and the names of who acts are shared.
"""
