"""Finds, or gets, the Chromium that journeys and screenshots drive."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from adminhub.runtime.errors import CannotStart

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No screen, no sandbox for root, and no calls to Google's hosts.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)


def find_chromium() -> str | None:
    """Return a Chromium's path: HUB_CHROMIUM, the system's, then the one Playwright installed; or None."""
    if chosen := os.environ.get("HUB_CHROMIUM"):
        return chosen
    for name in CANDIDATES:
        if found := shutil.which(name):
            return found
    caches = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", str(Path.home() / ".cache" / "ms-playwright")))
    installed = sorted(caches.glob("chromium*/chrome-*/*"))
    return next(
        (str(path) for path in reversed(installed) if path.name in ("chrome", "headless_shell")), None
    )


def get_chromium() -> str:
    """Return a Chromium's path, installing one when there is none."""
    if found := find_chromium():
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium with apt-get (first time only) …", file=sys.stderr, flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-q"],
            ["apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"],
        ):
            subprocess.run(command, env=env, capture_output=True, check=False)  # noqa: S603
    else:
        print("Installing Chromium with Playwright (first time only) …", file=sys.stderr, flush=True)
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"], capture_output=True, check=False
        )
    if found := find_chromium():
        return found
    raise CannotStart(
        "The journeys need a Chromium, and none could be installed. Install one (Debian: "
        "sudo apt install chromium) or set HUB_CHROMIUM to its path, then run ./hub test again."
    )
