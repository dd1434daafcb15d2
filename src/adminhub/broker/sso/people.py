"""Who somebody who logs in is at a school, as far as the app may know (wonde-api §4)."""

from dataclasses import dataclass
from typing import Any

from adminhub.broker.consent.access import access_in_force
from adminhub.broker.consent.models import Consent
from adminhub.broker.consent.queries import granted_identities
from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import school_scope
from adminhub.broker.sources.models import Employee, RecordStatus


@dataclass(frozen=True, slots=True)
class Known:
    """A person, the school, and what the app may know. `employee` is None where the MIS knows nobody by this person."""

    user: User
    school: School
    employee: Employee | None
    granted: frozenset[str]

    def of_employee(self, field: str) -> str | None:
        """A field of the employee's record, if the school has allowed it."""
        if self.employee is None or f"employees.{field}.read" not in self.granted:
            return None
        value = getattr(self.employee, field)
        return None if value is None else str(value)


def live_consent(*, app_id: int, school: School) -> Consent | None:
    """The school's approval, as long as it stands and is live."""
    consent = Consent.objects.filter(app_id=app_id, school=school, app__is_active=True).first()
    return consent if consent is not None and consent.is_live else None


def schools_of(user: User) -> list[School]:
    """The schools this person belongs to here."""
    return list(School.objects.filter(administrators__user=user, is_open=True).order_by("name", "pk"))


def known(*, user: User, school: School, consent: Consent) -> Known:
    """What the app may know now."""
    granted = granted_identities(consent)
    return Known(
        user, school, _employee(user, school, consent) if "employees.read" in granted else None, granted
    )


def _employee(user: User, school: School, consent: Consent) -> Employee | None:
    """The one member of staff with this person's e-mail address whom the school shares; never a guess among several."""
    with school_scope(school.pk):
        shared = access_in_force(consent).shared_employees()
        found = list(
            Employee.objects.filter(
                shared, status=RecordStatus.CURRENT, contact_details__emails__email__iexact=user.email
            )[:2]
        )
    return found[0] if len(found) == 1 else None


def school_object(school: School) -> dict[str, Any]:
    """The school as GraphQL's School."""
    return {
        "id": school.broker_id,
        "name": school.name,
        "establishment_number": school.establishment_number or None,
        "la_code": school.la_code or None,
        "urn": school.urn,
        "address_line_1": school.address_line_1 or None,
        "address_line_2": school.address_line_2 or None,
        "address_town": school.town or None,
        "address_postcode": school.postcode or None,
        "country": school.country_name or None,
    }


def user_object(person: Known) -> dict[str, Any]:
    """The answer of `/api/user`."""
    user, school = person.user, person.school
    seen = user.last_login
    return {
        "id": user.pk,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "type": "admin",
        "last_online": f"{seen:%Y-%m-%dT%H:%M:%S.%f}Z" if seen else None,
        "service_providers": {
            "google": None,
            "microsoft": None,
            "wonde": {"service_provider_id": person.employee.broker_id if person.employee else None},
        },
        "organisation": {
            "id": school.pk,
            "wonde_id": school.broker_id,
            "name": school.name,
            "phase_of_education": school.phase,
            "urn": school.urn,
            "la_code": school.la_code or None,
            "establishment_number": school.establishment_number or None,
        },
    }
