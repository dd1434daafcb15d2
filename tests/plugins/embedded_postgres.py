"""Gives a pytest run its Django site, secrets and a throw-away PostgreSQL, before settings are read.

The site follows the folder: `tests/unit/hub` runs with the hub's settings, and so on; `--ds` and
DJANGO_SETTINGS_MODULE win. One process holds one site, so run one folder at a time (`./hub test` does).
"""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from adminhub.runtime.postgres import Postgres
from adminhub.runtime.secret_values import make_secrets

SITES = ("hub", "broker", "wellbeing")
SITE_OF_FOLDER = {
    "hub": "hub",
    "broker": "broker",
    "wellbeing": "wellbeing",
    "look": "hub",
    "oneroster": "hub",
}
ROOT = Path(__file__).resolve().parents[2]

_running: list[Postgres] = []


def _site_asked_for(paths: list[str]) -> str | None:
    """Return the site of the folders asked for; refuse two sites in one process."""
    sites = set()
    for path in paths:
        with contextlib.suppress(ValueError, IndexError):
            parts = Path(path.split("::")[0]).resolve().relative_to(ROOT / "tests").parts
            if parts[0] in ("unit", "contracts") and parts[1] in SITE_OF_FOLDER:
                sites.add(SITE_OF_FOLDER[parts[1]])
    if len(sites) > 1:
        raise pytest.UsageError(
            f"One run tests one site, not {sorted(sites)}: give one folder of tests/unit."
        )
    return sites.pop() if sites else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    """Choose the settings module and start PostgreSQL, once for all xdist workers."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        known = early_config.known_args_namespace
        module = getattr(known, "ds", None) or os.environ.get("DJANGO_SETTINGS_MODULE")
        if not module and (site := _site_asked_for(known.file_or_dir)):
            module = f"adminhub.runtime.settings.{site}"
        if module and module.startswith("adminhub.runtime.settings."):
            os.environ["DJANGO_SETTINGS_MODULE"] = module
            _start()
    yield


def _start() -> None:
    os.environ.setdefault("ADMINHUB_LOG_LEVEL", "WARNING")
    # As in the demo: pages are opened without one, except by the tests that are about it.
    os.environ.setdefault("BROKER_STAFF_NEED_SECOND_FACTOR", "0")
    os.environ.update(make_secrets())
    if os.environ.get("HUB_TEST_DATABASE_URL"):  # a managed server, e.g. to test PostgreSQL 16
        for site in SITES:
            os.environ[f"{site.upper()}_DATABASE_URL"] = os.environ["HUB_TEST_DATABASE_URL"]
        return
    folder = Path(tempfile.mkdtemp(prefix="hub-test-"))
    os.environ["ADMINHUB_DATA"] = str(folder / "data")
    postgres = Postgres(folder / "postgres", databases=SITES, is_throwaway=True)
    postgres.start()
    _running.append(postgres)
    for site in SITES:
        os.environ[f"{site.upper()}_DATABASE_URL"] = postgres.url(site)


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """Make password hashing and static files cheap: neither is what the tests are about."""
    if "DJANGO_SETTINGS_MODULE" not in os.environ or "django" not in sys.modules:
        return
    from django.conf import settings

    if settings.configured:
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.WHITENOISE_USE_FINDERS = False
        settings.WHITENOISE_AUTOREFRESH = True


def pytest_unconfigure() -> None:
    """Stop PostgreSQL and remove what it wrote."""
    while _running:
        postgres = _running.pop()
        postgres.stop()
        shutil.rmtree(postgres.home.parent, ignore_errors=True)
