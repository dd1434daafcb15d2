"""Fills the broker with the demo: `python -m adminhub.runtime.demo.seed_broker`; safe to repeat."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminhub.runtime.settings.broker")

import django


def main() -> None:
    """Make what is missing; change nothing that a person made."""
    django.setup()


if __name__ == "__main__":
    main()
