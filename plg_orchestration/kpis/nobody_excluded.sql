-- The same without anybody: KPIs count everybody whom they know.
select cast(null as varchar) as unit, cast(null as varchar) as unit_id where 1 = 0
