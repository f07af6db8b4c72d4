-- The viral coefficient in its published, basic and retention-adjusted form.
select form, window_days, users, inviters, invites, invitees_activated, invites_each, conversion, kept, k, ci_low, ci_high
from cohorts.viral
where as_of = $as_of
order by form
