-- Which of the entries wait for the log or are in it.
select entry from governance.audit_outbox where array_contains($entries, entry)
union
select entry from governance.audit_log where array_contains($entries, entry)
