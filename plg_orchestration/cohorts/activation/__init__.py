"""Activation: the milestone as an event or a rule, the activation score, and the trigger for those who are behind."""
