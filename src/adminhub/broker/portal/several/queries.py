"""Which schools somebody can decide for together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adminhub.broker.apps.models import App
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import User
from adminhub.broker.portal.account.second_factor import has_second_factor
from adminhub.broker.portal.queries import Sharing, sharing_with

State = Consent.State


@dataclass(frozen=True, slots=True)
class Row:
    """One school's request: whether it can be approved here, and if not, why."""

    consent: Consent
    why_not: str
    sharing: Sharing | None
    is_ticked: bool


def pending_of(user: User, app: App) -> list[Consent]:
    """The app's requests at the schools for which this person may decide and look."""
    found = Consent.objects.filter(
        app=app, school__administrators__user=user, school__administrators__is_read_only=False
    )
    return list(found.select_related("app", "school").order_by("school__name"))


def rows(consents: Iterable[Consent], user: User, *, ticked: set[str] | None) -> list[Row]:
    """Every school with its state; `ticked` are public ids, None ticks all that can be approved."""
    is_twice = has_second_factor(user)
    found = []
    for consent in consents:
        why_not = _why_not(consent, is_twice=is_twice)
        is_ticked = not why_not and (ticked is None or str(consent.public_id) in ticked)
        found.append(Row(consent, why_not, None if why_not else sharing_with(consent), is_ticked))
    return found


def _why_not(consent: Consent, *, is_twice: bool) -> str:
    if consent.school.needs_second_factor and not is_twice:
        return "The school asks for a second factor: turn on two-factor log-in first."
    if consent.state == State.PENDING:
        return ""
    if consent.state == State.WAITING_FOR_SETUP:
        return "The school is being set up first."
    return f"Decided already: {consent.get_state_display().lower()}."


def apps_waiting_at_several(user: User) -> list[tuple[App, int]]:
    """Apps that wait at two or more of the schools this person may decide for."""
    found = Consent.objects.filter(
        state=State.PENDING, school__administrators__user=user, school__administrators__is_read_only=False
    ).select_related("app")
    counted: dict[App, int] = {}
    for consent in found:
        counted[consent.app] = counted.get(consent.app, 0) + 1
    return [(app, count) for app, count in counted.items() if count > 1]
