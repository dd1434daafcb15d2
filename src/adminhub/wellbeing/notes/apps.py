"""Django application `wellbeing_notes`."""

from django.apps import AppConfig


class WellbeingNotesConfig(AppConfig):
    """Registers the room with Django."""

    name = "adminhub.wellbeing.notes"
    label = "wellbeing_notes"
    verbose_name = "Wellbeing notes"
    default_auto_field = "django.db.models.BigAutoField"
