"""Jobs about rollovers: rehearse one, apply one on its day, and tell the coordinators what came of it."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.urls import reverse
from procrastinate.contrib.django import app

from adminhub.hub.core.errors import NotNow
from adminhub.hub.core.scope import school_scope
from adminhub.hub.jobs.database import beside, with_own_connection
from adminhub.hub.jobs.outputs import announce
from adminhub.hub.rollover.actions import (
    APPLY,
    REHEARSE,
    apply_if_due,
    note_failure,
    note_step,
    rehearse_now,
)
from adminhub.hub.rollover.models import Rollover, State
from adminhub.hub.roster.years import school_year_name
from adminhub.hub.schools.models import School, User
from adminhub.hub.schools.queries import coordinators_for_letter
from adminhub.look.email import compose

OUR_MISTAKE = (
    "Nothing was changed: working it out failed, and that is our mistake, not your MIS's. Try again; if it fails "
    "again, tell whoever runs Admin Hub for you when it happened."
)


@app.task(name=REHEARSE, queue="hub")
@with_own_connection
def rehearse_rollover(school_id: int, rollover_id: int, user_id: int) -> None:
    """Rehearse a rollover from the MIS's data. Taken over by another worker when this one dies, and begun anew."""
    by = User.objects.filter(pk=user_id).first()
    try:
        with school_scope(school_id):
            rehearse_now(rollover_id=rollover_id, by=by, tell=partial(_note_step, school_id, rollover_id))
    except NotNow as trouble:
        _note_failure(school_id, rollover_id, str(trouble))
    except Exception:
        _note_failure(school_id, rollover_id, OUR_MISTAKE)
        raise


def _note_step(school_id: int, rollover_id: int, step: int) -> None:
    beside(school_id, partial(note_step, rollover_id=rollover_id, step=step))


def _note_failure(school_id: int, rollover_id: int, problem: str) -> None:
    with school_scope(school_id):
        note_failure(rollover_id=rollover_id, problem=problem)


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
