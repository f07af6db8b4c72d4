"""Segmentation: which touch an account or a user needs, why, and how they move from week to week."""
