"""What is known about a user on a day: the registry of features and the queries behind `pql.features`."""
