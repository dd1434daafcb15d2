"""The access log: every read of personal data is noted in the transaction that reads it, or it does not happen."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from adminhub.broker.api.callers import Caller
from adminhub.broker.api.models import Reading
from adminhub.broker.api.permitted import Tree
from adminhub.broker.api.view import View
from adminhub.broker.directory.models import School
from adminhub.broker.directory.scope import school_scope

KEPT = timedelta(days=400)
_KINDS = ("pupil", "employee", "contact")


def note_reading(*, caller: Caller, view: View, resource: str, tree: Tree) -> None:
    """Add the call to the school's log, in the caller's transaction; whoever read of nobody is not noted.

    The disk is not waited for: a crash of the database may lose the last half second of the log.
    """
    counted = view.seen.counted(*_KINDS)
    if not any(counted):
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "with quick as (select set_config('synchronous_commit', 'off', true)) "
            "insert into broker_api_reading "
            "(school_id, at, app_id, token_hint, resource, includes, pupils, employees, contacts) "
            "select %s, %s, %s, %s, %s, %s, %s, %s, %s from quick",
            [
                view.school.pk,
                timezone.now(),
                caller.app.pk,
                caller.token.hint,
                resource,
                ",".join(_paths(tree))[:500],
                *counted,
            ],
        )


def _paths(tree: Tree, above: str = "") -> Iterable[str]:
    for name, branch in tree.items():
        yield f"{above}{name}"
        yield from _paths(branch, f"{above}{name}.")


def forget_old_readings() -> int:
    """Delete what is older than `KEPT`, school by school. Returns how much that was."""
    before = timezone.now() - KEPT
    forgotten = 0
    for school in School.objects.filter(source__isnull=False):
        with school_scope(school.pk):
            forgotten += Reading.objects.filter(at__lt=before).delete()[0]
    return forgotten
