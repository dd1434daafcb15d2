"""Django application `look`."""

from django.apps import AppConfig


class LookConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.look"
    label = "look"
    verbose_name = "Look"
    default_auto_field = "django.db.models.BigAutoField"
