"""Every personal field declares its purpose, how long it is kept, and where it leaves the hub."""

from pathlib import Path

from django.apps import apps
from django.db import models

from adminhub.hub.core.personal_data import IMPERSONAL, PERSONAL, as_page

PAGE = Path(__file__).resolve().parents[4] / "docs" / "reference" / "personal-data.md"
# Numbers, times, yes or no, and keys of our own say nothing about a person by themselves.
PLAIN = (
    models.AutoField,
    models.BigAutoField,
    models.ForeignKey,
    models.BooleanField,
    models.IntegerField,
    models.DateTimeField,
    models.UUIDField,
)


def fields() -> set[str]:
    return {
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label.startswith("hub_")
        for field in model._meta.concrete_fields
        if not isinstance(field, PLAIN)
    }


def test_every_field_is_declared_personal_or_not() -> None:
    undeclared = fields() - set(PERSONAL) - IMPERSONAL
    assert not undeclared, f"Declare in hub/core/personal_data.py: {sorted(undeclared)}"


def test_nothing_is_declared_that_is_not_there() -> None:
    assert (set(PERSONAL) | IMPERSONAL) - fields() == set()


def test_no_field_is_both() -> None:
    assert set(PERSONAL) & IMPERSONAL == set()


def test_the_reference_page_says_the_same() -> None:
    assert PAGE.read_text() == as_page(), (
        "Write it anew: python -c \"from adminhub.hub.core.personal_data import as_page; print(as_page(), end='')\""
    )
