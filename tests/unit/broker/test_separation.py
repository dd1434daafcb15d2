"""A school's records are behind two locks: the code's scope, and row-level security for when the code forgets."""

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, transaction
from django.db.models import Model, QuerySet
from django.test import Client
from django.utils import timezone

from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.models import Reading
from adminhub.broker.api.resources import RESOURCES
from adminhub.broker.api.view import View
from adminhub.broker.apps.models import App
from adminhub.broker.consent.access import Choice
from adminhub.broker.consent.actions import change_access, request_access
from adminhub.broker.consent.models import AccessRule
from adminhub.broker.directory.errors import NoSchoolInScope
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import current_school_id, school_scope
from adminhub.broker.records.models import RecordsKept, Writeback
from adminhub.broker.sources.actions import publish
from adminhub.broker.sources.models import Pupil, Source, SourceUpload
from adminhub.broker.sources.parts import keep_parts, set_joining
from adminhub.broker.sources.profiles import save_profile, start_draft
from adminhub.broker.timetables.actions import keep_timetable
from adminhub.mis import Reject
from adminhub.mis.columns import Profile
from tests.unit.broker.cast import (
    a_full_roster,
    a_live_consent,
    a_roster,
    a_set_up_school,
    a_timetable,
    a_token,
    an_app,
    with_records,
)

pytestmark = pytest.mark.django_db

LOCKED = [
    *(model for model in apps.get_app_config("broker_sources").get_models() if model is not Source),
    *(
        model
        for model in apps.get_app_config("broker_records").get_models()
        if model not in (RecordsKept, Writeback)
    ),
    *apps.get_app_config("broker_timetables").get_models(),
    AccessRule,
    Reading,
]
each_table = pytest.mark.parametrize("model", LOCKED, ids=lambda model: model.__name__)


def two_schools() -> tuple[School, School]:
    """Both with a row in every table, a deleted pupil and a finding too."""
    oak, _ = a_set_up_school(roster=a_full_roster())
    elm, _ = a_set_up_school(name="Elm Park School", urn=199777, roster=a_full_roster())
    for school in (oak, elm):
        found = a_roster(pupils=5, rejects=(Reject("report.csv line 41", "The row is no pupil."),))
        publish(school=school, roster=found, by=None, is_agreed=True)
        with_records(school)
        set_joining(school=school, is_joined=True, believed={}, by=None)
        keep_parts(school=school, new=[found], by=None)
        start_draft(school=school, file_name="list.csv", content=b"Surname", by=None)
        save_profile(
            school=school,
            name="Autumn",
            profile=Profile("pupils", {"surname": "legal_surname"}, "f"),
            by=None,
        )
        keep_timetable(school=school, timetable=a_timetable())
        a_rule(school)
        a_reading(school)
    return oak, elm


def a_reading(school: School) -> None:
    with school_scope(school.pk):
        Reading.objects.create(
            school=school, at=timezone.now(), app=App.objects.all()[0], resource="students", pupils=1
        )


def a_rule(school: School) -> None:
    """Everyone but the first pupil."""
    app = App.objects.filter(name="Admin Hub").first() or an_app()
    consent = request_access(app=app, school=school, by=app)
    pat = school.administrators.get().user
    with school_scope(school.pk):
        first = Pupil.objects.order_by("pk")[0].pk
    choice = Choice(AccessRule.Mode.EXCLUDE, pupils=frozenset([first]))
    change_access(consent=consent, by=pat, choice=choice, instead_of=None)


def counted(model: type[Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {model._meta.db_table}")
        return int(cursor.fetchone()[0])


@each_table
def test_the_tables_lock_binds_its_owner_too(model):
    with connection.cursor() as cursor:
        cursor.execute(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)


def test_without_a_scope_the_code_raises_and_raw_sql_sees_nothing():
    two_schools()
    for model in LOCKED:
        with pytest.raises(NoSchoolInScope):
            model._default_manager.count()
        assert counted(model) == 0, model


def test_in_a_scope_raw_sql_sees_that_schools_rows_only():
    for school in two_schools():
        with school_scope(school.pk):
            for model in LOCKED:
                whose = "source__school_id" if model is SourceUpload else "school_id"
                assert counted(model) > 0, model
                assert set(QuerySet(model).values_list(whose, flat=True)) == {school.pk}, model


def test_raw_sql_cannot_write_a_row_for_another_school():
    oak, elm = two_schools()
    for model in LOCKED:
        check_writing(model, oak, elm)


def check_writing(model: type[Model], oak: School, elm: School) -> None:
    column, other = ("school_id", elm.pk)
    if model is SourceUpload:
        column, other = "source_id", Source.objects.get(school=elm).pk
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    copied = [str(other) if name == column else "-id" if name == "id" else f'"{name}"' for name in columns]
    listed = ", ".join(f'"{name}"' for name in columns)
    with school_scope(oak.pk), connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(f"insert into {table} ({listed}) select {', '.join(copied)} from {table} limit 1")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            cursor.execute(f"update {table} set {column} = %s", [other])


def test_deleting_everything_in_one_schools_scope_leaves_the_other_school_whole():
    oak, elm = two_schools()
    for model in LOCKED:
        with school_scope(elm.pk):
            before = counted(model)
        undone = transaction.savepoint()
        with school_scope(oak.pk), connection.cursor() as cursor:
            cursor.execute("set constraints all deferred")
            cursor.execute(f"delete from {model._meta.db_table}")
            assert counted(model) == 0, model
        with school_scope(elm.pk):
            assert counted(model) == before > 0, model
        transaction.savepoint_rollback(undone)
    transaction.set_rollback(True)


def test_scopes_nest_and_end():
    oak, elm = two_schools()
    with school_scope(oak.pk):
        with school_scope(elm.pk):
            assert current_school_id() == elm.pk
            assert set(QuerySet(Pupil).values_list("school_id", flat=True)) == {elm.pk}
        assert current_school_id() == oak.pk
        assert set(QuerySet(Pupil).values_list("school_id", flat=True)) == {oak.pk}
    assert counted(Pupil) == 0


def test_an_exception_ends_the_scope_too():
    oak, _ = two_schools()
    with pytest.raises(ZeroDivisionError), school_scope(oak.pk):
        raise ZeroDivisionError
    assert counted(Pupil) == 0
    with pytest.raises(NoSchoolInScope):
        current_school_id()


def test_the_api_leaks_nothing_even_when_its_own_filter_is_forgotten(monkeypatch):
    oak, pat = a_set_up_school(roster=a_full_roster())
    elm, eve = a_set_up_school(name="Elm Park School", urn=199777, roster=a_full_roster())
    for school in (oak, elm):
        keep_timetable(school=school, timetable=a_timetable())
        with_records(school)
    app = an_app()
    a_live_consent(app, oak, pat, tuple(permission.identity for permission in app.permissions.all()))
    a_live_consent(app, elm, eve, tuple(permission.identity for permission in app.permissions.all()))
    headers = {"Authorization": f"Bearer {a_token(app)}"}
    paths = [
        f"/v1.0/schools/{oak.broker_id}/{name}?include={','.join(resource.includes)}&per_page=500"
        for name, resource in RESOURCES.items()
        if resource.is_listed
    ]
    expected = {path: Client().get(path, headers=headers).json() for path in paths}
    monkeypatch.setattr(View, "served", lambda self, resource: of_any_school(resource))
    for path in paths:
        answer = Client().get(path, headers=headers)
        assert answer.status_code == 200, path
        assert answer.json()["data"] == expected[path]["data"] != [], path


def of_any_school(resource: Resource) -> QuerySet:
    rows = QuerySet(resource.model).filter(**resource.which)
    for about in resource.about:
        if about.only:
            rows = rows.filter(**{f"{about.person}__status__in": about.only})
    return rows if resource.served is None else rows.filter(status__in=resource.served)
