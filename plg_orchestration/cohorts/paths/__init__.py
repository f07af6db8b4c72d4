"""Paths: what sets apart those who activated and stayed, where users are lost, and which gates lead to upgrades."""
