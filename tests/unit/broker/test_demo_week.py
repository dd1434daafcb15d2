"""The demo schools' timetables and families."""

from dataclasses import replace

import pytest

from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import ClassPupil, Contact, ContactPupil, Sibling
from adminhub.broker.timetables.models import Lesson, Slot
from adminhub.runtime.demo.school_week import add_week
from tests.unit.broker.cast import a_roster, a_set_up_school

pytestmark = pytest.mark.django_db


def test_nobody_is_in_two_places_at_once_and_every_pupil_has_a_parent():
    roster = a_roster(pupils=12, classes=8)
    twins = tuple(replace(pupil, legal_surname="Ray") for pupil in roster.pupils[:2])
    school, _ = a_set_up_school(roster=replace(roster, pupils=(*twins, *roster.pupils[2:])))
    add_week(school)
    add_week(school)
    with school_scope(school.pk):
        slots = list(Slot.objects.values_list("period_id", "school_class_id", "room_id", "employee_id"))
        assert len(slots) == Lesson.objects.count() > 8
        for place in (2, 3):
            taken = [(slot[0], slot[place]) for slot in slots if slot[place]]
            assert len(taken) == len(set(taken))
        sitting = [
            (period, pupil)
            for period, taught, *_ in slots
            for pupil in ClassPupil.objects.filter(school_class_id=taught).values_list("pupil_id", flat=True)
        ]
        assert len(sitting) == len(set(sitting))
        assert ContactPupil.objects.values("pupil").distinct().count() == 12
        assert Contact.objects.count() >= 11
        assert Sibling.objects.count() == 2
