"""Whether tonight's people and scores still look like those that the champion was made from."""
