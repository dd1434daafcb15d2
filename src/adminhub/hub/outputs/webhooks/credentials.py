"""Each service's signing secret, sealed at rest."""

from __future__ import annotations

from cryptography.fernet import Fernet
from django.conf import settings

from adminhub.hub.outputs.models import WebhookSecret
from adminhub.hub.schools.models import Service


def keep_secret(*, service: Service, secret: str) -> None:
    """Seal and keep the secret (`whsec_…`) that the service verifies our messages with."""
    sealed = Fernet(settings.HUB_TOKEN_KEY).encrypt(secret.encode())
    WebhookSecret.objects.update_or_create(service=service, defaults={"sealed": sealed})


def secret_of(service: Service) -> str:
    """The secret. Raises WebhookSecret.DoesNotExist when none was kept."""
    sealed = WebhookSecret.objects.get(service=service).sealed
    return Fernet(settings.HUB_TOKEN_KEY).decrypt(bytes(sealed)).decode()
