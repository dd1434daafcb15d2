"""Who does something to a consent: a person, an app, or the broker by itself."""

from dataclasses import dataclass

from django.conf import settings

from adminhub.broker.apps.models import App
from adminhub.broker.directory.models import User


@dataclass(frozen=True, slots=True)
class TheBroker:
    """The broker acting by itself, e.g. the automatic audit."""


Actor = User | App | TheBroker


def name_of(actor: Actor) -> str:
    """How the actor is named in the history and on receipts, at this moment."""
    if isinstance(actor, User):
        return actor.full_name_and_position
    return actor.name if isinstance(actor, App) else str(settings.BROKER_NAME)
