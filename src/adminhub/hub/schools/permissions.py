"""Who may do what. No ability here reaches a school's consent: only its broker administrator approves."""

from __future__ import annotations

from enum import Enum, auto

from adminhub.hub.schools.models import Role, RoleGrant


class Ability(Enum):
    """Something a screen lets a person do for one school and service."""

    VIEW_HUB = auto()
    ADD_PEOPLE = auto()
    EDIT_PEOPLE = auto()
    GRANT_ACCESS = auto()
    MANAGE_SCHOOL = auto()
    """The School tab: connecting, syncing, deauthorising."""


_COORDINATOR = frozenset(Ability)
ABILITIES: dict[str, frozenset[Ability]] = {
    Role.ACCESS_COORDINATOR: _COORDINATOR,
    Role.DEPUTY_COORDINATOR: _COORDINATOR,
    Role.TEACHER_ADMIN: frozenset({Ability.VIEW_HUB, Ability.ADD_PEOPLE}),
    Role.TEACHER: frozenset({Ability.VIEW_HUB}),
}


def may(grant: RoleGrant | None, ability: Ability) -> bool:
    """Whether this grant gives the ability. No grant gives nothing, support staff included."""
    return grant is not None and ability in ABILITIES[grant.role]
