-- How many deliveries of each receiver are in which state: of all nights, and those that were settled in the run of the day.
select receiver, delivery, count(*) as deliveries, count(*) filter (where settled_as_of = $as_of) as lately
from kpis.alert_deliveries
group by receiver, delivery
order by receiver, delivery
