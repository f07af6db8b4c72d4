"""What a workspace may decide about abuse: limits of the rules, the anomaly model beside them, and what leakage assumes.

The rules themselves are in `rules.py`; caps on invitations, which hold for everybody, stand with the limits of governance.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

from plg_orchestration.config.section import Section

Domain = Annotated[str, StringConstraints(to_lower=True, pattern=r"^[^@\s]+\.[^@\s]+$")]
Count = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, le=1)]


class ForestPolicy(Section):
    """The isolation forest: size, seed, the days after signup that it looks at, and how many people it wants at least."""

    trees: Count = 60
    sample: Annotated[int, Field(ge=16)] = 256
    seed: Annotated[int, Field(ge=0)] = 7
    first_days: Count = 7
    minimum_people: Annotated[int, Field(ge=20)] = 200


class LeakagePolicy(Section):
    """What the estimate of leaked revenue assumes.

    `precision_right` of `precision_right + precision_wrong` suspects are taken for real abuse before anybody looked; every
    suspicion that a person confirms or clears is added to the one or the other. `over_cap_pays` is the probability that
    an account beyond a cap would pay if it were held to it. Money is that of `months` months. Rates come from people who signed
    up at least `conversion_days` ago. The interval is of `draws` draws.
    """

    months: Count = 12
    precision_right: Annotated[float, Field(gt=0)] = 9.0
    precision_wrong: Annotated[float, Field(gt=0)] = 1.0
    over_cap_pays: Annotated[float, Field(ge=0, le=1)] = 0.25
    conversion_days: Count = 60
    draws: Annotated[int, Field(ge=200)] = 4000
    seed: Annotated[int, Field(ge=0)] = 7


class AbusePolicy(Section):
    """Limits of the rules; a number of people is exceeded when there is one more.

    People of one account with one company domain count as one party, however many they are. `placeholder_people`: a device that
    more people carry is a constant of some client, no device, and is left out.
    """

    signup_window_days: Count = 180
    velocity_hours: Count = 24
    signups_per_device: Count = 3
    signups_per_address: Count = 20
    people_per_device: Count = 5
    people_per_address: Count = 50
    placeholder_people: Count = 500
    ring_members: Annotated[int, Field(ge=2)] = 3
    ring_invites: Count = 2
    dormant_days: Count = 7
    dormant_people: Annotated[int, Field(ge=2)] = 10
    dormant_share: Share = 0.9
    dormant_chance: Annotated[float, Field(gt=0, lt=1)] = 0.0001
    spare_paying: bool = True
    free_mail_domains: tuple[Domain, ...] = ()
    forest: ForestPolicy = ForestPolicy()
    leakage: LeakagePolicy = LeakagePolicy()
