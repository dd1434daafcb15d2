"""What an app has been shown since its access began: of nobody else does it hear that they are there no more.

A record that is gone is told of by one row for all apps, judged by the rule that was in force when it went. One that
is still there, but hidden from an app by a rule, has a row for that app alone.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from adminhub.broker.consent.access import Choice, access_in_force, choice_of, rules_of
from adminhub.broker.consent.models import Consent, ConsentEvent, SeenPeople
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import (
    PUPIL_TYPES,
    Contact,
    ContactPupil,
    Deletion,
    Employee,
    Pupil,
    RecordStatus,
)

Seen = dict[str, frozenset[int]]
_NEEDED = {
    RecordStatus.LEFT: "students-leaver.read",
    RecordStatus.FUTURE: "students-pre-admission.read",
}


@dataclass(frozen=True, slots=True)
class Era:
    """A rule, and the time for which it was in force; `until` is None for the one that is."""

    choice: Choice
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    """How long an app sees what it sees: the rules since its access last began, and each permission's first moment."""

    consent_id: int
    since: datetime | None
    eras: tuple[Era, ...]
    allowed_since: dict[str, datetime]

    def gone(self, told_as: str, *, permission: str | None) -> Q:
        """The condition on `Deletion` rows of this type that are no person's, or of pupils and staff."""
        return self._since(permission) & Q(type=told_as, consent_id=None)

    def gone_people(self, told_as: str, *, permission: str | None) -> Q:
        """The same for pupils and staff: whom the rule of that moment shared."""
        shown = Q(pk__in=())
        for era in self.eras:
            within = Q(deleted_at__gte=era.since) & era.choice.shared_until(told_as)
            shown |= within & Q(deleted_at__lt=era.until) if era.until is not None else within
        return self.gone(told_as, permission=permission) & shown

    def hidden(self, told_as: str, *, permission: str | None) -> Q:
        """Rows of those whom the rule has hidden from this app after it had seen them."""
        return self._since(permission) & Q(type=told_as, consent_id=self.consent_id)

    def _since(self, permission: str | None) -> Q:
        if self.since is None:
            return Q(pk__in=())
        allowed = self.allowed_since.get(permission, self.since) if permission else self.since
        return Q(deleted_at__gte=max(self.since, allowed))


def lists_of_pupils(granted: Container[str]) -> list[RecordStatus]:
    """Which of the lists of pupils an app with these permissions may read; who is at the school is in the first."""
    return [status for status in PUPIL_TYPES if status not in _NEEDED or _NEEDED[status] in granted]


def history_of(consent: Consent) -> History:
    """What this app has been shown. The caller has opened the school's scope."""
    since = consent.events.filter(kind=ConsentEvent.Kind.AUDITED).aggregate(at=Max("at"))["at"]
    allowed = consent.permissions.filter(is_approved=True).values_list(
        "permission__identity", "allowed_since"
    )
    return History(
        consent_id=consent.pk,
        since=since,
        eras=_eras(consent, since) if since is not None else (),
        allowed_since={identity: at for identity, at in allowed if at is not None},
    )


def _eras(consent: Consent, since: datetime) -> tuple[Era, ...]:
    eras: list[Era] = []
    until: datetime | None = None
    for rule in rules_of(consent):
        eras.append(Era(choice_of(rule), max(rule.at, since), until))
        if rule.at <= since:
            return tuple(eras)
        until = rule.at
    return (*eras, Era(Choice(), since, until))


@transaction.atomic
def begin(consent: Consent) -> None:
    """The app's access begins: remember whom it sees. The caller has opened the school's scope."""
    choice = access_in_force(consent)
    _remember(consent, choice, _seen(consent, choice))


@transaction.atomic
def change(consent: Consent, *, before: Choice, after: Choice) -> None:
    """Another rule takes the place of one: tell a live app of those it sees no longer, and of those it sees again."""
    if not consent.is_live:
        return
    seen = _seen(consent, after)
    _tell(consent, _seen(consent, before), seen)
    _remember(consent, after, seen)


def note_new_data(*, school: School) -> None:
    """The school's records are otherwise: whoever joined a group that is left out vanishes for the app. Repeatable."""
    live = Consent.objects.filter(school=school, state=Consent.State.AUDITED, access_rule__isnull=False)
    with school_scope(school.pk):
        for consent in live:
            choice = access_in_force(consent)
            if choice.groups:
                _note_new_data(consent, choice)


@transaction.atomic
def _note_new_data(consent: Consent, choice: Choice) -> None:
    before = SeenPeople.objects.select_for_update().filter(consent=consent)
    known = {row.type: frozenset(row.people) for row in before}
    seen = _seen(consent, choice)
    if seen != known:
        _tell(consent, known, seen)
        _remember(consent, choice, seen)


def _tell(consent: Consent, before: Seen, after: Seen) -> None:
    """Note as deleted, for this app alone, who is still there and hidden now; and as restored who is seen again."""
    now = timezone.now()
    there = _lists(Choice(), granted_identities(consent))
    for told_as, people in after.items():
        vanished = before.get(told_as, frozenset()) - people
        Deletion.objects.bulk_create(
            Deletion(
                school_id=consent.school_id,
                consent_id=consent.pk,
                type=told_as,
                record_id=number,
                mis_id=mis_id,
                deleted_at=now,
                updated_at=now,
            )
            for number, mis_id in there[told_as].filter(pk__in=vanished).values_list("pk", "mis_id")
        )
        Deletion.objects.filter(
            consent_id=consent.pk, type=told_as, restored_at=None, record_id__in=people
        ).update(restored_at=now, updated_at=now)


def _remember(consent: Consent, choice: Choice, seen: Seen) -> None:
    """Keep whom the app sees, where that can become otherwise by groups alone."""
    SeenPeople.objects.filter(consent=consent).delete()
    if choice.groups:
        SeenPeople.objects.bulk_create(
            SeenPeople(school_id=consent.school_id, consent=consent, type=told_as, people=sorted(people))
            for told_as, people in seen.items()
        )


def _seen(consent: Consent, choice: Choice) -> Seen:
    lists = _lists(choice, granted_identities(consent))
    return {told_as: frozenset(rows.values_list("pk", flat=True)) for told_as, rows in lists.items()}


def _lists(choice: Choice, granted: Container[str]) -> dict[str, QuerySet[Any]]:
    """Whom an app that may read everything of its kind sees under a rule, by the deletions' types."""
    current = RecordStatus.CURRENT
    pupils = {
        PUPIL_TYPES[status]: Pupil.objects.filter(choice.shared_pupils(), status=status)
        for status in lists_of_pupils(granted)
    }
    known = Q(pk__in=())
    for rows in pupils.values():
        known |= Q(pupil_id__in=rows.values("pk"))
    families = ContactPupil.objects.filter(known).values("contact_id")
    return {
        **pupils,
        "employee": Employee.objects.filter(choice.shared_employees(), status=current),
        "contact": Contact.objects.filter(status=current, pk__in=families),
    }
