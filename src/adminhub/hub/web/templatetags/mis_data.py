"""How old the data from the MIS is, for any page of a school that lists people or classes."""

from __future__ import annotations

from typing import Any

from django import template

from adminhub.hub.connections.queries import live_connection
from adminhub.hub.syncs.queries import data_as_at

register = template.Library()


@register.inclusion_tag("hub/mis_as_at.html", takes_context=True)
def mis_as_at(context: dict[str, Any]) -> dict[str, Any]:
    """A line that says when the MIS last told all; nothing where the school is not connected."""
    connection = live_connection()
    as_at = data_as_at(connection) if connection else None
    return {"as_at": as_at, "request": context["request"]}
