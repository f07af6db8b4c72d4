"""Kinds of numbers in the stage's configuration."""

from typing import Annotated

from pydantic import Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Days = Annotated[int, Field(ge=0)]
AtLeastOne = Annotated[int, Field(ge=1)]
