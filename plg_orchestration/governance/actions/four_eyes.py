"""Four eyes: whoever answers for an action is somebody else than who asked for it. Which actions need that is configuration."""

from plg_orchestration.governance.actions.people import same_person
from plg_orchestration.governance.actions.policy import Act


def second_person_lacks(act: Act, person: str, requested_by: str | None) -> str | None:
    """Why the action may not be done, where it needs a second person; None when two people stand behind it.

    Names are compared without regard to case and spaces.

    >>> second_person_lacks("accept-risk", "Ada", " ADA ")
    'ADA asked for it and cannot accept-risk too; four eyes are required: let somebody else do it'
    >>> second_person_lacks("accept-risk", "Ada", "Bo") is None
    True
    """
    if requested_by is None or not requested_by.strip():
        return f"{act} needs four eyes here (governance.actions.four_eyes); say with --requested-by who asked for it"
    if same_person(person, requested_by):
        return f"{requested_by.strip()} asked for it and cannot {act} too; four eyes are required: let somebody else do it"
    return None
