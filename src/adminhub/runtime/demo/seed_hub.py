"""Fills the hub with the demo: `python -m adminhub.runtime.demo.seed_hub`; safe to repeat."""

import csv
import os
import uuid
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminhub.runtime.settings.hub")

import django

django.setup()

from django.conf import settings
from django.db import transaction

from adminhub.hub.core.scope import school_scope
from adminhub.hub.outputs.actions import connect_service
from adminhub.hub.roster.actions import import_known_people
from adminhub.hub.roster.models import Pupil
from adminhub.hub.schools.models import Role, RoleGrant, School, Service, Subscription, User
from adminhub.runtime.demo.cast import LOGINS
from adminhub.runtime.demo.schools import ELM_PARK, EXPORTS, MAPLE, OAK_HILL, SCHOOLS, DemoSchool, folder_of

WELLBEING, READING_LADDER = "wellbeing", "reading-ladder"

BOUGHT = {
    OAK_HILL.key: (WELLBEING, READING_LADDER),
    MAPLE.key: (WELLBEING,),
    ELM_PARK.key: (WELLBEING,),
}
# One Access Coordinator per service and school; Ada deputises for Rae, so she is asked which service she means.
ROLES = (
    ("access_coordinator", OAK_HILL.key, WELLBEING, Role.ACCESS_COORDINATOR),
    ("access_coordinator", OAK_HILL.key, READING_LADDER, Role.DEPUTY_COORDINATOR),
    ("second_service_coordinator", OAK_HILL.key, READING_LADDER, Role.ACCESS_COORDINATOR),
    ("teacher_admin", OAK_HILL.key, WELLBEING, Role.TEACHER_ADMIN),
    ("teacher", OAK_HILL.key, WELLBEING, Role.TEACHER),
    ("maple_coordinator", MAPLE.key, WELLBEING, Role.ACCESS_COORDINATOR),
    ("elm_coordinator", ELM_PARK.key, WELLBEING, Role.ACCESS_COORDINATOR),
)


def main() -> None:
    """Make what is missing; what people have changed since stays. Addresses follow the ports."""
    with transaction.atomic():
        connect_wellbeing(add_services())
        schools = {school.key: add_school(school) for school in SCHOOLS}
        people = add_people()
        for key, school_key, slug, role in ROLES:
            if key in people:
                RoleGrant.objects.create(
                    user=people[key],
                    school=schools[school_key],
                    service=Service.objects.get(slug=slug),
                    role=role,
                )
    for export in EXPORTS:
        add_known_people(schools[export.school.key], export.school)


def add_known_people(school: School, demo: DemoSchool) -> None:
    """Give the school the people it typed into the hub years ago, unless it has any."""
    file: Path = folder_of(settings.ADMINHUB_DATA, demo) / "hub_roster.csv"
    with school_scope(school.pk):
        if Pupil.objects.exists() or not file.exists():
            return
        with file.open(encoding="utf-8", newline="") as rows:
            import_known_people(school=school, rows=csv.DictReader(rows), by=None)


def add_services() -> Service:
    """Make two services: Wellbeing (returned), and one that only has a name."""
    wellbeing, _ = Service.objects.update_or_create(
        slug=WELLBEING,
        defaults={
            "name": "Wellbeing",
            "summary": "Asks pupils how they are, and shows their teachers what to look at.",
            "url": settings.WELLBEING_URL,
            "pupil_fields": ["year_group", "sex"],
        },
    )
    Service.objects.get_or_create(
        slug=READING_LADDER,
        defaults={"name": "Reading Ladder", "summary": "Finds the right book for every reader."},
    )
    return wellbeing


def connect_wellbeing(service: Service) -> None:
    """Let Wellbeing sign people in with the hub, read the roster and hear of changes."""
    connect_service(
        service=service,
        client_id=os.environ["WELLBEING_CLIENT_ID"],
        client_secret=os.environ["WELLBEING_CLIENT_SECRET"],
        redirect_uris=[f"{settings.WELLBEING_URL}/account/oidc/adminhub/login/callback/"],
        post_logout_redirect_uris=[f"{settings.WELLBEING_URL}/"],
        webhook_url=f"{settings.WELLBEING_URL}/hooks/roster/",
        webhook_secret=os.environ["WELLBEING_WEBHOOK_SECRET"],
    )


def add_school(school: DemoSchool) -> School:
    """Make a school that buys services, with the address the hub believes."""
    known, is_new = School.objects.get_or_create(
        centre_id=school.centre_id,
        defaults={
            "sourced_id": uuid.uuid5(uuid.NAMESPACE_URL, f"school:{school.centre_id}"),
            "name": school.name,
            "urn": school.urn,
            "laestab": school.laestab,
            "phase": school.phase.title(),
            "address_line_1": school.hub_address.line_1,
            "address_line_2": school.hub_address.line_2,
            "town": school.hub_address.town,
            "postcode": school.hub_address.postcode,
        },
    )
    if is_new:
        for slug in BOUGHT[school.key]:
            Subscription.objects.create(school=known, service=Service.objects.get(slug=slug))
    return known


def add_people() -> dict[str, User]:
    """Make the hub's log-ins that are missing, and return those."""
    return {
        person.key: User.objects.create_user(
            person.email,
            os.environ["DEMO_PASSWORD"],
            title=person.title,
            first_name=person.first_name,
            last_name=person.last_name,
        )
        for person in LOGINS
        if person.site == "hub" and not User.objects.filter(email=person.email).exists()
    }


if __name__ == "__main__":
    main()
