"""People and connections as the portal's tests meet them."""

from django.test import Client

from adminhub.broker.apps.actions import Asked, Declaration, Document, register_app
from adminhub.broker.apps.models import App
from adminhub.broker.consent.actions import request_access
from adminhub.broker.consent.models import Consent
from adminhub.broker.directory.models import User
from tests.unit.broker.cast import a_person, a_school, a_set_up_school, an_administrator

REQUIRED = ("students.read", "students.surname.read", "students.date_of_birth.read", "employees.read")
EMAIL = "students.contact_details.emails.read"
OPTIONAL = ("students.middle_names.read", "students.contact_details.read", EMAIL)
AGREEMENT = "# What we do\n\nWe keep the list of pupils in step.\n\n# How it ends\n\nAt once."


def an_app_with_agreement(name: str = "Admin Hub", *, agreement: str = AGREEMENT) -> App:
    asked = [Asked(identity, f"Why {identity}", retention="for a year") for identity in REQUIRED]
    asked += [Asked(identity, f"Why {identity}", is_optional=True) for identity in OPTIONAL]
    documents = (
        (Document("data_handling_agreement", "Data handling agreement", agreement),) if agreement else ()
    )
    return register_app(
        declaration=Declaration(
            name=name,
            publisher="Oakfield Software",
            purpose="Keeps the school's services up to date.",
            permissions=tuple(asked),
            documents=documents,
            contact_email="data@oakfield.example",
            dpo_email="dpo@oakfield.example",
        )
    )


def a_request(app: App | None = None) -> tuple[Consent, User]:
    """A pending request at a school that is set up, and its administrator."""
    school, pat = a_set_up_school()
    app = app or an_app_with_agreement()
    return request_access(app=app, school=school, by=app), pat


def browser(user: User | None = None) -> Client:
    """A browser, logged in as this person."""
    client = Client()
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def an_operator() -> User:
    return a_person("op@gatehouse.example", first_name="Olu", position="Support", is_operator=True)


def a_read_only_administrator(consent: Consent) -> User:
    return an_administrator(consent.school, "looks@oakhill.example", is_read_only=True)


def another_schools_administrator() -> User:
    return an_administrator(a_school("Elm Park School", 199777), "cal@elm.example")
