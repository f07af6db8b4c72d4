"""What became of scores and decisions: live figures of matured nights, estimates before that, and what sales said."""
