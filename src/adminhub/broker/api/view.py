"""What one app may see of one school: its permissions, and whom the school shares with it. Every read asks here.

Somebody who is not shared is nowhere: neither in a list nor nested, counted, among the deletions or as a bare id.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When

from adminhub.broker.api.declarations import About, Has, Person, Resource, Through
from adminhub.broker.consent.access import Choice
from adminhub.broker.consent.history import History, history_of, lists_of_pupils
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import School
from adminhub.broker.sources.models import PUPIL_TYPES, Deletion, Employee, Pupil, RecordStatus

Granted = frozenset[str]
EVERYONE = Choice()


class Seen:
    """The people one answer tells of, each once."""

    def __init__(self) -> None:
        self._people: dict[str, set[int]] = defaultdict(set)

    def add(self, kind: str, numbers: Iterable[int | None]) -> None:
        """Kinds are pupil, employee and contact."""
        self._people[kind].update(number for number in numbers if number is not None)

    def counted(self, *kinds: str) -> list[int]:
        return [len(self._people[kind]) for kind in kinds]


@dataclass(frozen=True)
class View:
    """For whom we read: the school, the permissions that give something, and whom it shares.

    `inside` narrows resources by name, wherever their records are nested. Read rows inside the school's scope.
    """

    school: School
    granted: Granted
    choice: Choice = EVERYONE
    consent: Consent | None = None
    seen: Seen = field(default_factory=Seen, compare=False)
    inside: Mapping[str, Callable[[QuerySet[Any]], QuerySet[Any]]] = field(
        default_factory=dict, compare=False
    )

    def served(self, resource: Resource) -> QuerySet[Any]:
        """The rows of this resource that this app may know of."""
        rows = resource.model._default_manager.filter(school_id=self.school.pk, **resource.which)
        if resource.served is not None:
            rows = rows.filter(status__in=resource.served)
        if resource.name in self.inside:
            rows = self.inside[resource.name](rows)
        for about in resource.about:
            rows = rows.filter(self._may_be_seen(about))
        return rows

    def _may_be_seen(self, about: About) -> Q:
        if about.of is not None:
            members = {about.of.parent: OuterRef("pk"), f"{about.of.child}__in": self.people(about.person)}
            return Q(Exists(about.of.model._default_manager.filter(**members)))
        if about.column == "id":
            return self._shared(about.person)
        people = self.people(about.person)
        if about.only:
            people = people.filter(status__in=about.only)
        return Q(**{about.column: None}) | Q(**{f"{about.column}__in": people})

    def people(self, person: Person) -> QuerySet[Any]:
        """The ids of the pupils or staff this app may know of, whatever list they are in."""
        rows: QuerySet[Any] = Employee.objects.filter(status=RecordStatus.CURRENT)
        if person == "pupil":
            rows = Pupil.objects.filter(status__in=lists_of_pupils(self.granted))
        return rows.filter(self._shared(person), school_id=self.school.pk).values("pk")

    def _shared(self, person: Person) -> Q:
        return self.choice.shared_pupils() if person == "pupil" else self.choice.shared_employees()

    def having(self, rows: QuerySet[Any], has: Has) -> QuerySet[Any]:
        """Those of the rows of which the table says something that this app may know."""
        of_school = has.model._default_manager.filter(school_id=self.school.pk, **has.which)
        which: dict[str, Any] = {has.column: OuterRef("pk")}
        if has.about is not None and not self.choice.is_everyone:
            which[f"{has.about.column}__in"] = self.people(has.about.person)
        having = Q(Exists(of_school.filter(**which)))
        return rows.filter(having | ~Exists(of_school) if has.if_any else having)

    def deletions(self, resources: Iterable[Resource], history: History) -> QuerySet[Any]:
        """What is in these lists no more, but of nobody whom the app was not shown.

        Of somebody who is back and hidden now, neither that (`told_restored_at`) nor when (`told_at`) is said.
        """
        shown, back_unseen = Q(pk__in=()), Q(pk__in=())
        for resource in resources:
            told_as, permission = resource.wire_type, resource.permission
            shown |= history.hidden(told_as, permission=permission)
            if not resource.about:
                shown |= history.gone(told_as, permission=permission)
            elif resource.about[0].of is None:
                shown |= history.gone_people(told_as, permission=permission)
            else:
                known = Q(record_id__in=self._once_known(resource.about[0].of, history))
                shown |= history.gone(told_as, permission=permission) & known
            if resource.about and not self.choice.is_everyone:
                back_unseen |= Q(
                    type=told_as, restored_at__isnull=False, record_id__in=self._hidden(resource)
                )
        told: QuerySet[Any] = Deletion.objects.filter(shown, school_id=self.school.pk).annotate(
            told_at=Case(When(back_unseen, then=F("deleted_at")), default=F("updated_at")),
            told_restored_at=Case(When(back_unseen, then=None), default=F("restored_at")),
        )
        return told

    def _hidden(self, resource: Resource) -> QuerySet[Any]:
        """The ids of those in this list of people whom this app may not know of."""
        rows: QuerySet[Any] = resource.model._default_manager.filter(school_id=self.school.pk)
        here = rows.filter(status__in=resource.served or ())
        return here.exclude(pk__in=self.served(resource).values("pk")).values("pk")

    def _once_known(self, of: Through, history: History) -> QuerySet[Any]:
        """The ids of those who belong to a pupil the app may know of, or has heard the leaving of."""
        heard = Q(pk__in=())
        for status in lists_of_pupils(self.granted):
            heard |= history.gone_people(PUPIL_TYPES[status], permission=None)
        left = Deletion.objects.filter(heard, school_id=self.school.pk).values("record_id")
        now = self.people("pupil")
        return of.model._default_manager.filter(
            Q(**{f"{of.child}__in": now}) | Q(**{f"{of.child}__in": left})
        ).values(of.parent)

    @property
    def history(self) -> History:
        """What the app has been shown; nothing, where this is but a preview. Reads the database."""
        return history_of(self.consent) if self.consent is not None else History(0, None, (), {})

    @property
    def otherwise_at(self) -> datetime | None:
        """When whom or what this app may see last became otherwise; None: not since that is noted."""
        return self.consent.shared_otherwise_at if self.consent is not None else None

    @property
    def version(self) -> datetime | None:
        """When the school's records last changed: what was made of them before then is made anew."""
        source = getattr(self.school, "source", None)
        return source.last_changed_at if source is not None else None
