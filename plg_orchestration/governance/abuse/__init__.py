"""Freemium abuse: which signups look fake, by explainable rules, and what that costs."""
