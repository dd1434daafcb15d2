"""Exactly what an app would get about whom, in plain words, and what it would not."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from adminhub.broker.api.sampling import examples
from adminhub.broker.api.view import View
from adminhub.broker.apps.catalogue import EMPLOYEES, PERMISSIONS, PUPILS, effective
from adminhub.broker.apps.models import AppPermission
from adminhub.broker.consent.access import Reach, access_in_force
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.portal.queries import OPENS_DETAILS


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing the app would learn of each person or class: what, an example, why, how long."""

    asked: AppPermission
    example: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The facts about one kind of thing; `about` says of whom; `withheld` is what could be asked and is not given."""

    name: str
    about: str
    facts: list[Fact]
    withheld: list[str]

    @property
    def retention(self) -> str:
        """How long it is kept, when that is the same for every fact."""
        found = {fact.asked.retention for fact in self.facts}
        return found.pop() if len(found) == 1 else ""


def identities_as_things_stand(consent: Consent) -> set[str]:
    """What the app may read now or, while nobody has decided, what it cannot do without."""
    rows = consent.permissions.filter(permission__withdrawn_at=None).select_related("permission")
    return {
        row.permission.identity
        for row in rows
        if (row.is_approved if consent.is_approved else not row.permission.is_optional)
    }


def required_identities(consent: Consent) -> set[str]:
    """What the app cannot do without."""
    rows = consent.permissions.filter(permission__withdrawn_at=None, permission__is_optional=False)
    return set(rows.values_list("permission__identity", flat=True))


def preview(consent: Consent, identities: Set[str], reach: Reach) -> list[Preview]:
    """What these permissions give, kind by kind, in the order of the catalogue."""
    granted = effective(set(identities))
    with school_scope(consent.school_id):
        choice = access_in_force(consent)
    shown = examples(View(consent.school, granted, choice))
    asked = {one.identity: one for one in consent.app.permissions.filter(withdrawn_at=None)}
    return [
        Preview(
            name,
            _about(name, reach),
            [
                Fact(asked[one.identity], shown.get(one.identity, ""))
                for one in PERMISSIONS
                if one.group == name and one.identity in granted and not one.identity.endswith(OPENS_DETAILS)
            ],
            [
                one.plain
                for one in PERMISSIONS
                if one.group == name
                and one.identity not in granted
                and not one.identity.endswith(OPENS_DETAILS)
            ],
        )
        for name in dict.fromkeys(one.group for one in PERMISSIONS)
    ]


def _about(name: str, reach: Reach) -> str:
    counted = {
        PUPILS: (reach.pupils, reach.all_pupils, "pupils"),
        EMPLOYEES: (reach.employees, reach.all_employees, "members of staff"),
    }
    if name not in counted:
        return ""
    shared, everybody, noun = counted[name]
    return f"{shared:,} {noun}" if shared == everybody else f"{shared:,} of {everybody:,} {noun}"
