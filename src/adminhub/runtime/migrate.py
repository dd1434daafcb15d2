"""Brings one site's database up to date: `python -m adminhub.runtime.migrate SITE`."""

import os
import sys


def main() -> None:
    """Run the migrations and make the shared cache's table."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"adminhub.runtime.settings.{sys.argv[1]}"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", interactive=False, verbosity=0, skip_checks=True)
    call_command("createcachetable", verbosity=0)


if __name__ == "__main__":
    main()
