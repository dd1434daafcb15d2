"""The Django app of this room."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "adminhub.broker.webhooks"
    label = "broker_webhooks"
    default_auto_field = "django.db.models.BigAutoField"
