"""The fairness audit of every scorer: group metrics, contrasts with intervals, verdicts."""
