"""Which machines we connect to when a school names one: never our own network's."""

import socket
from ipaddress import ip_address

from django.conf import settings

from adminhub.broker.arrivals.errors import Unreachable


def public_address(host: str, port: int) -> str:
    """The address to connect to. Raises Unreachable where the name is unknown or leads into a private network.

    Connect to the address and not to the name, so that a second answer cannot lead elsewhere.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable(
            f"There is no machine called {host[:100]}.", what_to_do="Check the host's name."
        ) from None
    addresses = [str(entry[4][0]) for entry in found]
    if not settings.BROKER_MAY_REACH_PRIVATE_HOSTS:
        addresses = [address for address in addresses if ip_address(address.split("%")[0]).is_global]
    if not addresses:
        raise Unreachable(
            f"{host[:100]} is a private address, which is not connected to.",
            what_to_do="Give the name under which the machine is reached from outside.",
        )
    return addresses[0]
