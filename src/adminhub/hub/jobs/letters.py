"""What the coordinators are written about their connection and its syncs."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from adminhub.hub.connections.actions import note_letter
from adminhub.hub.connections.models import Connection, ConnectionEvent
from adminhub.hub.connections.queries import live_connection
from adminhub.hub.core.scope import school_scope
from adminhub.hub.schools.models import RoleGrant, School, User
from adminhub.hub.schools.queries import coordinators_for_letter
from adminhub.hub.syncs.queries import data_as_at, review_run
from adminhub.hub.syncs.telling import claim_letter, matters_of
from adminhub.look.email import compose


def tell_coordinators(*, school_id: int, connection_id: int, kind: str) -> None:
    """Send the letter of this kind to the school's coordinators, unless it was sent already."""
    with school_scope(school_id):
        connection = Connection.objects.select_related("school", "requested_by").get(pk=connection_id)
        newest = connection.events.filter(kind=kind).order_by("-id").first()
        if newest is None or connection.events.filter(kind=f"told_{kind}", id__gt=newest.pk).exists():
            return
    for grant in coordinators_for_letter(school=connection.school, asked_by=connection.requested_by):
        letter = compose(f"hub/letters/{kind}", _context(connection, newest, grant))
        letter.message(to=[grant.user.email]).send()
    note_letter(connection=connection, kind=kind)


def _context(connection: Connection, event: ConnectionEvent, grant: RoleGrant) -> dict[str, object]:
    school: School = connection.school
    person: User = grant.user
    path = reverse("connect:mis_sync", kwargs={"centre_id": school.centre_id, "service": grant.service.slug})
    return {
        "person": person,
        "school": school,
        "connection": connection,
        "at": event.at,
        "reason": event.text,
        "problems": [found["sentence"] for found in connection.findings if found.get("weight") == "problem"],
        "broker": settings.HUB_BROKER_NAME,
        "broker_phone": settings.HUB_BROKER_SUPPORT_PHONE,
        "broker_email": settings.HUB_BROKER_SUPPORT_EMAIL,
        "link": f"{settings.HUB_URL}{path}",
    }


def send_digest(*, school_id: int, now: datetime) -> int:
    """Send the coordinators what needs them, unless they know, or had a letter today. Returns how many were sent."""
    with school_scope(school_id):
        connection = live_connection()
        matters = matters_of(connection, now=now) if connection else []
        if not claim_letter(school_id=school_id, matters=matters, now=now) or connection is None:
            return 0
        as_at, review = data_as_at(connection), review_run()
        school = School.objects.get(pk=school_id)
    grants = coordinators_for_letter(school=school, asked_by=connection.requested_by)
    for grant in grants:
        where = {"centre_id": school.centre_id, "service": grant.service.slug}
        sync = reverse("connect:mis_sync", kwargs=where)
        to_review = reverse("sync:run", kwargs={**where, "run_id": review.pk}) if review else sync
        context = {
            "person": grant.user,
            "school": school,
            "matters": [matter.sentence for matter in matters],
            "as_at": as_at,
            "link": f"{settings.HUB_URL}{to_review}",
            "settings_link": f"{settings.HUB_URL}{reverse('syncing:settings', kwargs=where)}",
        }
        compose("hub/letters/digest", context).message(to=[grant.user.email]).send()
    return len(grants)
