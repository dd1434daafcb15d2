"""The hub's own import of people a school already had."""

import pytest

from adminhub.hub.core.models import AuditEntry
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.actions import import_known_people
from adminhub.hub.roster.models import Employee, Enrolment, Pupil, SchoolClass
from tests.unit.hub.cast import a_school

pytestmark = pytest.mark.django_db

ROWS = [
    {"kind": "employee", "title": "Mr", "forename": "Ben", "surname": "Carter", "role": "Teacher"},
    {"kind": "pupil", "forename": "Kit", "surname": "Ray", "birthday": "2017-05-14", "sex": "F",
     "year_group": "4", "registration_group": "4 Oak", "upn": "a999200117001"},
    {"kind": "pupil", "forename": "Kim", "surname": "Ray", "birthday": "", "sex": "X",
     "year_group": "5", "registration_group": "4 Oak"},
    {"kind": "pupil", "forename": "No", "surname": " "},
]  # fmt: skip


def test_rows_become_people_with_their_registration_group() -> None:
    oak = a_school()
    with school_scope(oak.pk):
        done = import_known_people(school=oak, rows=ROWS, by=None)
        assert (done.employees, done.pupils, done.registration_groups) == (1, 2, 1)
        assert Employee.objects.get().is_teaching
        kit = Pupil.objects.get(forename="Kit")
        assert (str(kit.birthday), kit.upn, kit.sex) == ("2017-05-14", "A999200117001", "F")
        assert Pupil.objects.get(forename="Kim").birthday is None
        assert SchoolClass.objects.get().year_groups == ["4", "5"]
        assert Enrolment.objects.count() == 2
        assert AuditEntry.objects.get().action == "roster.imported"
