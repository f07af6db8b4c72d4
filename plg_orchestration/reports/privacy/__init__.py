"""Privacy on paper: the record of processing, and the yearly assessment that a person signs off."""
