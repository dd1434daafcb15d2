"""Which machines we connect to when a school names one: never our own network's."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from django.conf import settings

from adminhub.broker.arrivals.errors import Unreachable

_THROUGH_NAT = IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is reached."""
_WRAPPED = (IPv6Network("::/96"), IPv6Network("64:ff9b:1::/48"))
"""RFC 4291 §2.5.5.1 and RFC 8215: an IPv4 address in a form that nobody outside has."""
_OF_THE_CLOUD = frozenset({IPv4Address("168.63.129.16")})
"""Answers every virtual machine of Azure, under an address that looks public."""


def is_public(address: str) -> bool:
    """Whether an address, and whatever IPv4 address it leads to, is one of the open internet."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
        if found in _THROUGH_NAT:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if found.is_site_local or any(found in network for network in _WRAPPED):
            return False
    return found.is_global and not found.is_multicast and found not in _OF_THE_CLOUD


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
        addresses = [address for address in addresses if is_public(address)]
    if not addresses:
        raise Unreachable(
            f"{host[:100]} is a private address, which is not connected to.",
            what_to_do="Give the name under which the machine is reached from outside.",
        )
    return addresses[0]
