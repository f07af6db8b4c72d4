"""Outcomes to predict: declarations, populations and labels, mature only when their whole window is over."""
