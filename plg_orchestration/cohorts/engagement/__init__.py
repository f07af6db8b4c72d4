"""Engagement: who came back, how often, and who is new, returning, resurrected or dormant."""
