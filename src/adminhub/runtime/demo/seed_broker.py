"""Fills the broker with the demo: `python -m adminhub.runtime.demo.seed_broker`; safe to repeat."""

import argparse
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminhub.runtime.settings.broker")

import django

django.setup()

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from adminhub.broker.apps.actions import Asked, Declaration, Document, issue_token, register_app
from adminhub.broker.apps.developing import declare_permission, start_app
from adminhub.broker.apps.models import App, AppDocument
from adminhub.broker.directory.actions import add_administrator, add_school
from adminhub.broker.directory.models import School, User
from adminhub.broker.sources.actions import publish_files
from adminhub.broker.sources.models import Source, SourceUpload
from adminhub.runtime.demo.agreement import AGREEMENT, PURPOSE, WISHES
from adminhub.runtime.demo.cast import LOGINS, login
from adminhub.runtime.demo.school_records import add_records
from adminhub.runtime.demo.school_week import add_week
from adminhub.runtime.demo.schools import EXPORTS, MAPLE, NEIGHBOURS, OAK_HILL, SCHOOLS, DemoSchool, folder_of

TEST_SCHOOL, TEST_SCHOOL_URN = "Sandbox Primary (test school)", 999900


def main() -> None:
    """Make what is missing; what people have changed since stays. With `--years-later N`, only publish that year."""
    options = argparse.ArgumentParser()
    options.add_argument("--years-later", type=int, default=0)
    options.add_argument("--school", default="", help="only this one's")
    asked = options.parse_args()
    if asked.years_later:
        for export in (one for one in EXPORTS if asked.school in ("", one.school.key)):
            publish(export.school, years_later=asked.years_later, is_agreed=True)
        return
    with transaction.atomic():
        for school in SCHOOLS:
            add_demo_school(school)
        add_neighbours()
        add_people()
        register_hub()
        add_library_desk()
        add_test_school()
    for export in EXPORTS:
        publish_export(export.school)
        known = School.objects.get(urn=int(export.school.urn))
        add_week(known)
        add_records(known, today=timezone.localdate())
    publish_to_test_school()


def add_demo_school(school: DemoSchool) -> None:
    """Put a demo school into the directory."""
    if School.objects.filter(urn=int(school.urn)).exists():
        return
    add_school(
        name=school.name,
        urn=int(school.urn),
        la_code=school.laestab[:3],
        establishment_number=school.laestab[3:],
        phase=school.phase,
        address_line_1=school.address.line_1,
        address_line_2=school.address.line_2,
        town=school.address.town,
        postcode=school.address.postcode,
        phone=school.phone,
        mis=school.mis,
    )


def add_neighbours() -> None:
    """Put the other schools into the directory."""
    known = set(School.objects.values_list("urn", flat=True))
    for name, urn, laestab, postcode, phase in NEIGHBOURS:
        if urn not in known:
            add_school(
                name=name,
                urn=urn,
                la_code=laestab[:3],
                establishment_number=laestab[3:],
                postcode=postcode,
                phase=phase,
                town="Southbridge" if postcode.startswith("ZZ9") else "Northbridge",
            )


def add_people() -> None:
    """Make the broker's log-ins, and let the administrators act for their schools."""
    administers = {
        "broker_administrator": (OAK_HILL, MAPLE),
        "second_administrator": (OAK_HILL,),
        "read_only_administrator": (OAK_HILL,),
    }
    for person in (person for person in LOGINS if person.site == "broker"):
        if User.objects.filter(email=person.email).exists():
            continue
        user = User.objects.create_user(
            person.email,
            os.environ["DEMO_PASSWORD"],
            first_name=person.first_name,
            last_name=person.last_name,
            position=person.position,
            is_operator=person.key == "broker_operator",
            is_developer=person.key == "broker_developer",
        )
        for school in administers.get(person.key, ()):
            add_administrator(
                school=School.objects.get(urn=int(school.urn)),
                user=user,
                is_read_only=person.key == "read_only_administrator",
            )


def register_hub() -> None:
    """Register the Admin Hub as an app, with its webhook at today's address, and its token."""
    app = register_app(
        declaration=Declaration(
            name="Admin Hub",
            publisher="Admin Hub",
            purpose=PURPOSE,
            website=settings.HUB_URL,
            contact_email="support@adminhub.example",
            dpo_name="Dee Okoro",
            dpo_email="dpo@adminhub.example",
            permissions=tuple(
                Asked(wish.identity, wish.purpose, retention=wish.retention, is_optional=wish.is_optional)
                for wish in WISHES
            ),
            documents=(
                Document(
                    AppDocument.Kind.DATA_HANDLING_AGREEMENT,
                    "Data handling agreement of the Admin Hub",
                    AGREEMENT,
                ),
            ),
        ),
        webhook_url=f"{settings.HUB_URL}/hooks/broker/?key={os.environ['HUB_WEBHOOK_KEY']}",
        webhook_secret=os.environ["HUB_WEBHOOK_SECRET"],
    )
    issue_token(app=app, label="Admin Hub", token=settings.BROKER_HUB_APP_TOKEN)


def add_library_desk() -> None:
    """An app that its developer has begun to register."""
    devi = User.objects.get(email=login("broker_developer").email)
    if App.objects.filter(name="Library Desk").exists():
        return
    app = start_app(
        by=devi,
        name="Library Desk",
        publisher="Library Desk Ltd",
        purpose="Lends the school library's books to the pupils of the school, and reminds them to bring them back.",
        contact_email="help@librarydesk.example",
        dpo_name="Lou Marsh",
        dpo_email="dpo@librarydesk.example",
    )
    for field, is_optional in (("forename", False), ("surname", False), ("registration", True)):
        declare_permission(
            app=app,
            by=devi,
            identity=f"students.{field}.read",
            purpose="To lend a book to the right pupil",
            retention="until the pupil leaves",
            is_optional=is_optional,
        )


def add_test_school() -> None:
    """A school of invented people, which says yes to every app by itself."""
    if not School.objects.filter(is_test=True).exists():
        add_school(
            name=TEST_SCHOOL,
            urn=TEST_SCHOOL_URN,
            phase="PRIMARY",
            postcode="ZZ99 9TT",
            mis="RM Integris",
            is_test=True,
        )


def publish_to_test_school() -> None:
    """Maple's people are its people."""
    school = School.objects.get(urn=TEST_SCHOOL_URN)
    if Source.objects.filter(school=school, last_published_at__isnull=False).exists():
        return
    publish_files(
        school=school,
        paths=[folder_of(settings.ADMINHUB_DATA, MAPLE) / "export"],
        by=User.objects.get(email=login("broker_operator").email),
    )
    add_week(school)
    add_records(school, today=timezone.localdate())


def publish_export(school: DemoSchool) -> None:
    """Publish the school's MIS export, once; a refusal stops the demo, for then its data is wrong."""
    known = School.objects.get(urn=int(school.urn))
    if not Source.objects.filter(school=known, last_published_at__isnull=False).exists():
        publish(school)


def publish(school: DemoSchool, *, years_later: int = 0, is_agreed: bool = False) -> None:
    """Publish the school's export; `is_agreed` as an operator agrees to one that is held."""
    upload = publish_files(
        school=School.objects.get(urn=int(school.urn)),
        paths=[folder_of(settings.ADMINHUB_DATA, school, years_later=years_later) / "export"],
        by=User.objects.get(email=login("broker_operator").email),
        is_agreed=is_agreed,
    )
    if upload.outcome not in (SourceUpload.Outcome.PUBLISHED, SourceUpload.Outcome.UNCHANGED):
        sys.exit(f"The export of {school.name} was not published: {' '.join(upload.reasons)}")


if __name__ == "__main__":
    main()
