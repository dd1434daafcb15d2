"""The Django app of this room."""

from django.apps import AppConfig


class TimetablesConfig(AppConfig):
    name = "adminhub.broker.timetables"
    label = "broker_timetables"
    default_auto_field = "django.db.models.BigAutoField"
