"""The nightly training: dates, rows, candidates, the contest on unseen rows, and the model's files."""
