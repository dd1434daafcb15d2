"""Whom a school shares with an app: the rule in force, as conditions that every query of its people takes.

Somebody who is not shared is nowhere: not in a list, not nested, not counted. Among the deletions is only whom the
app has been shown (`history`).
"""

from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from adminhub.broker.consent.models import AccessRule, Consent
from adminhub.broker.sources.models import PUPIL_TYPES, Employee, Group, GroupPupil, Pupil, RecordStatus

Mode = AccessRule.Mode


@dataclass(frozen=True, slots=True)
class Choice:
    """A rule as a value: the mode and whom it names. A group stands for its pupils."""

    mode: Mode = Mode.EVERYONE
    pupils: frozenset[int] = frozenset()
    employees: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()
    has_all_pupils: bool = False
    has_all_employees: bool = False

    @property
    def is_everyone(self) -> bool:
        """Nobody is left out, now or later."""
        return self.mode == Mode.EVERYONE

    @property
    def names_nobody(self) -> bool:
        """Neither a person nor a group is named."""
        return not (
            self.pupils or self.employees or self.groups or self.has_all_pupils or self.has_all_employees
        )

    def shared_pupils(self) -> Q:
        """The condition on `Pupil` rows; empty when everyone is shared. Use it inside the school's scope.

        Where a group is left out, only pupils on roll are shared: of the others the groups are not known any more,
        or not yet.
        """
        shared = self._shared(self._named_pupils(), self.has_all_pupils)
        return shared & Q(status=RecordStatus.CURRENT) if self._leaves_out_groups else shared

    def shared_until(self, told_as: str) -> Q:
        """The condition on `Deletion` rows of this type: people whom the rule shared until then.

        Of pupils it goes by the groups they had, which the row keeps: they have them no more. Where those were not
        noted, nobody is taken for somebody outside a group that is left out.
        """
        if told_as not in PUPIL_TYPES.values():
            return self._shared(Q(record_id__in=self.employees), self.has_all_employees)
        named = Q(record_id__in=self.pupils)
        if self.groups:
            named |= Q(groups__overlap=sorted(self.groups))
        shared = self._shared(named, self.has_all_pupils)
        if not self._leaves_out_groups:
            return shared
        return shared & Q(groups__isnull=False, type=PUPIL_TYPES[RecordStatus.CURRENT])

    @property
    def _leaves_out_groups(self) -> bool:
        return self.mode == Mode.EXCLUDE and bool(self.groups)

    def shared_employees(self) -> Q:
        """The condition on `Employee` rows; empty when everyone is shared."""
        return self._shared(Q(pk__in=self.employees), self.has_all_employees)

    def _named_pupils(self) -> Q:
        named = Q(pk__in=self.pupils)
        if not self.groups:
            return named
        members = GroupPupil.objects.filter(group_id__in=self.groups).values("pupil_id")
        own = Q(registration_id__in=self.groups) | Q(year_id__in=self.groups) | Q(house_id__in=self.groups)
        return named | own | Q(pk__in=members)

    def _shared(self, named: Q, has_all: bool) -> Q:
        if self.mode == Mode.EVERYONE:
            return Q()
        if has_all:
            return Q() if self.mode == Mode.ONLY else Q(pk__in=())
        return named if self.mode == Mode.ONLY else ~named


def choice_of(rule: AccessRule | None) -> Choice:
    """The rule as a value; None is everyone."""
    if rule is None:
        return Choice()
    return Choice(
        Mode(rule.mode),
        pupils=frozenset(rule.pupils),
        employees=frozenset(rule.employees),
        groups=frozenset(rule.groups),
        has_all_pupils=rule.has_all_pupils,
        has_all_employees=rule.has_all_employees,
    )


def access_in_force(consent: Consent) -> Choice:
    """Whom the app may see at this moment. The caller has opened the school's scope, unless it is everyone."""
    if consent.access_rule_id is None:
        return Choice()
    return choice_of(AccessRule.objects.get(pk=consent.access_rule_id))


def rules_of(consent: Consent) -> QuerySet[AccessRule]:
    """Every rule there was, the newest first. The caller has opened the school's scope."""
    return AccessRule.objects.filter(consent=consent)


@dataclass(frozen=True, slots=True)
class Reach:
    """How many of the people served now an app sees under a rule."""

    pupils: int
    all_pupils: int
    employees: int
    all_employees: int

    @property
    def has_everyone(self) -> bool:
        return (self.pupils, self.employees) == (self.all_pupils, self.all_employees)


def reach(choice: Choice) -> Reach:
    """Count whom the rule shares. The caller has opened the school's scope."""
    pupils = Pupil.objects.filter(status=RecordStatus.CURRENT)
    employees = Employee.objects.filter(status=RecordStatus.CURRENT)
    all_pupils, all_employees = pupils.count(), employees.count()
    if choice.is_everyone:
        return Reach(all_pupils, all_pupils, all_employees, all_employees)
    return Reach(
        pupils.filter(choice.shared_pupils()).count(),
        all_pupils,
        employees.filter(choice.shared_employees()).count(),
        all_employees,
    )


def people_named(choice: Choice) -> list[tuple[str, int]]:
    """Everybody the rule names, by himself or through a group: (the wire's type, id).

    The caller has opened the school's scope.
    """
    if choice.is_everyone:
        return []
    only = replace(choice, mode=Mode.ONLY)
    kinds = (("student", Pupil, only.shared_pupils()), ("employee", Employee, only.shared_employees()))
    return [
        (kind, pk)
        for kind, model, named in kinds
        for pk in model.objects.filter(named, status=RecordStatus.CURRENT)
        .order_by("pk")
        .values_list("pk", flat=True)
    ]


def vanished_groups(choice: Choice) -> list[Group]:
    """Groups the rule names that are no longer in the MIS: it says nothing about anybody through them."""
    return list(Group.objects.filter(pk__in=choice.groups).exclude(status=RecordStatus.CURRENT))


def strangers(choice: Choice) -> bool:
    """Whether the rule names an id that is nobody's at this school. The caller has opened the school's scope."""
    named = ((Pupil, choice.pupils), (Employee, choice.employees), (Group, choice.groups))
    return any(model.objects.filter(pk__in=ids).count() != len(ids) for model, ids in named)
