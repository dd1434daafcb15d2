"""Jobs about rollovers: apply one on its day, and tell the coordinators what came of it."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse
from procrastinate.contrib.django import app

from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.database import with_own_connection
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.rollover.actions import APPLY, apply_if_due
from adminhub.hub.rollover.models import Rollover, State
from adminhub.hub.roster.years import school_year_name
from adminhub.hub.schools.models import School
from adminhub.hub.schools.queries import coordinators_for_letter
from adminhub.look.email import compose


@app.task(name=APPLY, queue="hub")
@with_own_connection
def apply_rollover(school_id: int, rollover_id: int) -> None:
    """Apply a rollover whose day has come. One that was moved to another day, or is over, is left alone."""
    with school_scope(school_id):
        done = apply_if_due(rollover_id=rollover_id)
        if done is not None and done.state == State.APPLIED:
            announce(school_id)
    if done is not None:
        _tell(done)


def _tell(rollover: Rollover) -> None:
    school = School.objects.get(pk=rollover.school_id)
    kind = "rollover_applied" if rollover.state == State.APPLIED else "rollover_held"
    for grant in coordinators_for_letter(school=school, asked_by=rollover.scheduled_by):
        path = reverse(
            "rollover:start", kwargs={"centre_id": school.centre_id, "service": grant.service.slug}
        )
        letter = compose(
            f"hub/letters/{kind}",
            {
                "person": grant.user,
                "school": school,
                "school_year": school_year_name(rollover.school_year),
                "problem": rollover.problem,
                "link": f"{settings.HUB_URL}{path}",
            },
        )
        letter.message(to=[grant.user.email]).send()
