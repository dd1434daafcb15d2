"""What the coordinators are written about their connection."""

from __future__ import annotations

from django.conf import settings
from django.urls import reverse

from adminhub.hub.connections.actions import note_letter
from adminhub.hub.connections.models import Connection, ConnectionEvent
from adminhub.hub.core.scope import school_scope
from adminhub.hub.schools.models import RoleGrant, School, User
from adminhub.hub.schools.queries import coordinators_for_letter
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
