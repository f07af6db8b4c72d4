"""The decision log: an outbox in the warehouse, one appender, files that are chained and signed, and their verification.

What is decided belongs to the stages; what a person is called in the log, to `governance/privacy`.
"""
