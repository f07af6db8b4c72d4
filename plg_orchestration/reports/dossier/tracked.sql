-- Where the version and the night stand in MLflow and Dagster, as the nights' model cards recorded it.
select * from reports.model_card where target = $target and (version = $version or as_of = $as_of) order by as_of, version
