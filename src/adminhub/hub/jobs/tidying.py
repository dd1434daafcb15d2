"""Once a day for each school: throw old history away, tell of leavers who are soon deleted, and delete who is due."""

from __future__ import annotations

from contextlib import suppress

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.database import with_own_connection
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.leavers.deletion import Near, delete_who_is_due, tell_of_near
from adminhub.hub.schools.models import RoleGrant, School
from adminhub.hub.schools.queries import coordinators_for_letter
from adminhub.hub.syncs.pruning import prune
from adminhub.look.email import compose


@app.periodic(cron="40 7 * * *")
@app.task(name="hub.tidy_schools", queue="hub", queueing_lock="hub.tidy_schools")
def tidy_schools(timestamp: int) -> None:
    """Have every school looked after, each in a job of its own. In the morning, for it may write letters."""
    for school_id in School.objects.order_by("pk").values_list("pk", flat=True).iterator():
        job = tidy_school.configure(lock=f"tidy:{school_id}", queueing_lock=f"tidy:{school_id}")
        with suppress(AlreadyEnqueued), transaction.atomic():
            job.defer(school_id=school_id)


@app.task(name="hub.tidy_school", queue="hub")
@with_own_connection
def tidy_school(school_id: int) -> None:
    """Look after one school. Doing it twice a day does nothing more."""
    now = timezone.now()
    with school_scope(school_id):
        if delete_who_is_due(now=now):
            announce(school_id)
    with school_scope(school_id):
        prune(now=now)
    school = School.objects.get(pk=school_id)
    grants = coordinators_for_letter(school=school, asked_by=None)
    with school_scope(school_id):
        near = tell_of_near(now=now) if grants else []  # nobody is deleted of whom nobody was told
        if near:
            _tell(school, grants, near)


def _tell(school: School, grants: list[RoleGrant], near: list[Near]) -> None:
    for grant in grants:
        path = reverse(
            "leavers:listed", kwargs={"centre_id": school.centre_id, "service": grant.service.slug}
        )
        letter = compose(
            "hub/letters/deletions",
            {
                "person": grant.user,
                "school": school,
                "near": near,
                "count": sum(one.count for one in near),
                "link": f"{settings.HUB_URL}{path}?scheduled=yes",
            },
        )
        letter.message(to=[grant.user.email]).send()
