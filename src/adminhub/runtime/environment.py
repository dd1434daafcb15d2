"""Works out ports, addresses and the environment variables that each process of a stack gets."""

import os
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adminhub.runtime.errors import CannotStart

SITES = ("hub", "broker", "wellbeing")
ROOT = Path(__file__).resolve().parents[3]
DEFAULT_PORT_BASE = 8000


@dataclass(frozen=True)
class Ports:
    """The five ports of a stack, counted from its base; a sixth for the broker's API over TLS, when asked for."""

    base: int
    with_tls: bool = False

    @property
    def by_use(self) -> dict[str, int]:
        """Return each port by what listens on it."""
        offsets = {"hub": 0, "broker": 10, "wellbeing": 20, "mailbox": 30, "mailbox SMTP": 31}
        if self.with_tls:
            offsets["broker over TLS"] = 11
        return {use: self.base + offset for use, offset in offsets.items()}

    def url(self, use: str) -> str:
        """Return the address people open."""
        scheme = "https" if use == "broker over TLS" else "http"
        return f"{scheme}://localhost:{self.by_use[use]}"


def check_ports(ports: Ports, *, address: str) -> None:
    """Raise with the port's number and the way out when one cannot be had."""
    if not 1 <= ports.base <= 65504:
        raise CannotStart(f"--port-base {ports.base} is not possible: choose a number from 1024 to 65504.")
    deadline = time.monotonic() + 2  # a stack that is just going away needs a moment
    for use, port in ports.by_use.items():
        while not _is_free(address, port, use):
            if time.monotonic() > deadline:
                raise CannotStart(
                    f"Port {port} (for the {use}) is in use, so nothing was started. Stop what uses it, "
                    f"or choose other ports: ./hub up --port-base {_another_base(ports.base)}"
                )
            time.sleep(0.1)


def _is_free(address: str, port: int, use: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except PermissionError as error:
            raise CannotStart(
                f"Port {port} (for the {use}) needs permissions you do not have, so nothing was started. "
                f"Choose a base from 1024: ./hub up --port-base {DEFAULT_PORT_BASE}"
            ) from error
        except OSError:
            return False
    return True


def _another_base(base: int) -> int:
    return base + 1000 if base + 1000 <= 65504 else DEFAULT_PORT_BASE


def environment(
    *, data: Path, ports: Ports, secrets: Mapping[str, str], database_urls: Mapping[str, str]
) -> dict[str, str]:
    """Return the whole environment of a stack's processes; what the caller's environment sets wins."""
    hub, broker, wellbeing = (ports.url(site) for site in SITES)
    ours = {
        "ADMINHUB_DATA": str(data),
        "ADMINHUB_DEMO": "1",
        "HUB_URL": hub,
        "BROKER_URL": broker,
        "WELLBEING_URL": wellbeing,
        "WELLBEING_HUB_URL": hub,
        "WELLBEING_CLIENT_ID": "wellbeing",
        "HUB_BROKER_API_URL": f"{broker}/v1.0",
        "HUB_BROKER_APPROVAL_URL": f"{broker}/schools/{{school_id}}/",
        "MAILBOX_SMTP_HOST": "127.0.0.1",
        "MAILBOX_SMTP_PORT": str(ports.by_use["mailbox SMTP"]),
        "MAILBOX_URL": ports.url("mailbox"),
        **{f"{site.upper()}_DATABASE_URL": url for site, url in database_urls.items()},
        **{name: value for name, value in secrets.items() if name != "DEMO_PASSWORD"},
    }
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**ours, **inherited, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}", "PYTHONUNBUFFERED": "1"}
