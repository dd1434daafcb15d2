"""Names the look for Django."""

from django.apps import AppConfig


class LookConfig(AppConfig):
    name = "adminhub.look"
    label = "look"
    verbose_name = "Look"
