"""Funnels: who goes through an ordered set of steps, how far, and how long it takes."""
