"""What the stage's tables need to have rows."""

USERS = ("actor:user",)
