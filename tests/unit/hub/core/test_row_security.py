"""A school's rows are behind two locks: the code's scope, and row-level security for when the code forgets."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from adminhub.hub.core.errors import NoSchoolInScope
from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.core.scope import school_scope
from adminhub.hub.roster.models import Pupil
from tests.unit.hub.cast import a_pupil, a_school

pytestmark = pytest.mark.django_db

OURS = [model for model in apps.get_models() if model._meta.app_label.startswith("hub_")]
LOCKED = [model for model in OURS if issubclass(model, SchoolOwned)]
# Who may log in where, which school bought what, which school a broker's number means, and when a school's next
# sync is due: read before a school is known, and saying nothing about a pupil.
OPEN = {"Subscription", "RoleGrant", "BrokerSchool", "SyncClock"}
each_table = pytest.mark.parametrize("model", LOCKED, ids=lambda model: model.__name__)


def test_whatever_names_a_school_is_locked_or_known_to_be_open() -> None:
    unlocked = {
        model.__name__
        for model in OURS
        if model not in LOCKED and any(field.column == "school_id" for field in model._meta.concrete_fields)
    }
    assert unlocked == OPEN


@each_table
def test_the_tables_lock_binds_its_owner_too(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select relrowsecurity, relforcerowsecurity from pg_class where oid = %s::regclass",
            [model._meta.db_table],
        )
        assert cursor.fetchone() == (True, True)
        cursor.execute(
            "select qual, with_check, permissive, cmd, roles::text from pg_policies where tablename = %s",
            [model._meta.db_table],
        )
        ((qual, check, permissive, command, roles),) = cursor.fetchall()
    assert qual == check
    assert "school_id = " in qual
    assert "hub.school" in qual
    assert (permissive, command, roles) == ("PERMISSIVE", "ALL", "{public}")


def test_the_sites_role_cannot_step_over_the_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
        assert cursor.fetchone() == (False, False)


@each_table
def test_without_a_scope_the_code_raises(model: type[models.Model]) -> None:
    with pytest.raises(NoSchoolInScope):
        model._default_manager.count()


def seen() -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute("select school_id from pupil")
        return {row[0] for row in cursor.fetchall()}


def test_raw_sql_sees_the_school_in_scope_and_without_one_nothing() -> None:
    oak, elm = a_school(), a_school("Elm School")
    a_pupil(oak), a_pupil(elm)
    assert seen() == set()
    with school_scope(oak.pk):
        assert seen() == {oak.pk}
        with school_scope(elm.pk):
            assert seen() == {elm.pk}
        assert seen() == {oak.pk}
    assert seen() == set()


def test_raw_sql_cannot_write_a_row_for_another_school_nor_move_one_there() -> None:
    oak, elm = a_school(), a_school("Elm School")
    kit = a_pupil(oak)
    with school_scope(oak.pk):
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Pupil.objects.filter(pk=kit.pk).update(school_id=elm.pk)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Pupil.objects.create(school=elm, forename="Kim", surname="Ray")
