"""Counts the queries of the hub's pages in a process of its own; `journey.py` starts it with a stack's environment.

Reads {"who": e-mail, "paths": [...]} from standard input and prints {path: queries}.
"""

import json
import os
import sys

import django


def main() -> None:
    """Ask for every page twice; the second time caches are warm."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "adminhub.runtime.settings.hub"
    django.setup()
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from adminhub.hub.schools.models import User

    asked = json.load(sys.stdin)
    client = Client(HTTP_HOST="localhost", raise_request_exception=True)
    client.force_login(User.objects.get(email=asked["who"]))
    counted = {}
    for path in asked["paths"]:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
        if answer.status_code != 200:
            sys.exit(f"{path} answered {answer.status_code}")
        counted[path] = len(captured)
    print(json.dumps(counted))


if __name__ == "__main__":
    main()
