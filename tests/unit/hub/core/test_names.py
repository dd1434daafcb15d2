"""Lists are in the order in which people look for names."""

import pytest
from django.db.models import TextField, Value

from adminhub.hub.core.names import ByNumberedName, name_order
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.models import ClassKind, Pupil, SchoolClass
from adminhub.hub.roster.queries import BY_NAME, classes_listed
from adminhub.hub.schools.models import School
from tests.unit.hub.cast import a_pupil, a_school

pytestmark = pytest.mark.django_db
PEOPLE = ["d'Arcy", "de Souza", "Dent", "Łukasz", "Novák", "Ó Briain", "O'Brien", "Özil", "Zed"]
CLASSES = ["7A", "7B/En 2", "7B/En 10", "10A", "Year 7", "Year 10"]


@pytest.fixture
def oak() -> School:
    return a_school()


def test_people_are_found_under_the_letter_that_a_person_turns_to(oak: School) -> None:
    for surname in reversed(PEOPLE):
        a_pupil(oak, surname=surname)
    with school_scope(oak.pk):
        assert list(Pupil.objects.order_by(*BY_NAME).values_list("surname", flat=True)) == PEOPLE


def test_classes_are_in_the_order_of_their_numbers(oak: School) -> None:
    with school_scope(oak.pk):
        for name in reversed(CLASSES):
            SchoolClass.objects.create(school=oak, kind=ClassKind.REGISTRATION, name=name)
        assert [each.name for each in classes_listed()] == CLASSES


@pytest.mark.parametrize("name", [*PEOPLE, *CLASSES, "0", "L26", "00012", "123456789", "Smith-Jones", ""])
def test_a_name_at_hand_is_placed_as_the_database_places_it(oak: School, name: str) -> None:
    given = ByNumberedName(Value(name, output_field=TextField()))
    assert School.objects.annotate(place=given).values_list("place", flat=True)[0] == name_order(name)
