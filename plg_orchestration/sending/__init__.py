"""Sending, whatever is sent: requests over HTTP, signatures, secrets, pace and patience, and what an answer means.

What belongs to one kind of content stands with it: which leads go where in `pql/destinations/`, which alerts are told to whom in
`kpis/alerts/telling/`; each keeps an outbox of its own. This is no stage: it has no tables and no SQL, and imports none.
"""
