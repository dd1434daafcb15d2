"""Django application `wellbeing_web`."""

from django.apps import AppConfig


class WellbeingWebConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.wellbeing.web"
    label = "wellbeing_web"
    verbose_name = "Wellbeing web"
    default_auto_field = "django.db.models.BigAutoField"
