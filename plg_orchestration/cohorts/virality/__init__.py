"""Virality: invites, what comes of them, and the growth that they bring."""
