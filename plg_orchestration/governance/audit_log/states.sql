-- What was last handed to the log about the night's decisions, or about the night.
select key, user_id, content from governance.audit_states where kind = $kind and as_of = $as_of
