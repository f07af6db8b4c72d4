"""The errors that a user may meet: each names the thing, the place, the value and the remedy.

Only errors that cross a stage's border belong here; a function's plain misuse is a ValueError where it happens.
"""


class PlgError(Exception):
    """An error whose message is meant for a person: what, where, the value seen, and what to do about it."""


class ConfigurationError(PlgError):
    """The workspace's configuration cannot be used; the message starts with `file:line:`."""


class Unavailable(PlgError):
    """An output cannot be computed because an input is not there; the message is the reason that readers are shown.

    It is not a failure: the night goes on, and the table stays empty with this reason beside it.
    """


class WarehouseBusy(PlgError):
    """Another process is writing to the workspace's warehouse; the message names it."""
