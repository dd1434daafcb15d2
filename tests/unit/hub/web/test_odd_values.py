"""No address, query or form of the hub breaks on a value that nobody means."""

from django.test import Client

from adminhub.hub.providers.fake import FakeProvider
from adminhub.hub.schools.models import School
from tests.plugins.odd_values import broken
from tests.unit.hub.cast import a_pupil, an_employee


def test_no_page_breaks_on_an_odd_value(oak: School, client_of_ada: Client, broker: FakeProvider) -> None:
    pupil, teacher = a_pupil(oak), an_employee(oak)
    known = {
        "centre_id": oak.centre_id,
        "service": "wellbeing",
        "kind": "pupils",
        "pupil_id": pupil.pk,
        "employee_id": teacher.pk,
        "person_id": pupil.pk,
        "pk": pupil.pk,
    }
    assert broken(client_of_ada, known=known) == []
