"""From scores to people: bands, the SLA matrix, suppression, holdout, capacity, decisions and queues."""
