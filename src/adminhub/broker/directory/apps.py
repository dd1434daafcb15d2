"""The Django app of this room."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "adminhub.broker.directory"
    label = "broker_directory"
    default_auto_field = "django.db.models.BigAutoField"
