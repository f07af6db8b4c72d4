"""Signups: who joined when and through which channel, and what became of those who joined together."""
