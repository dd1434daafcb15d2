"""What speaks against taking a pupil's e-mail address from the MIS: a parent's, shared, or not the school's. Pure.

A MIS often holds a parent's address in the pupil's place. A warning forbids nothing: it leaves the address unticked.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

# Mail services that anybody can have an address at, as families in Britain use them.
PERSONAL_DOMAINS = frozenset(
    [
        "aol.co.uk",
        "aol.com",
        "btinternet.com",
        "btopenworld.com",
        "duck.com",
        "email.com",
        "fastmail.com",
        "fsmail.net",
        "gmail.com",
        "gmx.co.uk",
        "gmx.com",
        "gmx.de",
        "googlemail.com",
        "hey.com",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.fr",
        "hushmail.com",
        "icloud.com",
        "interia.pl",
        "inbox.lv",
        "libero.it",
        "live.co.uk",
        "live.com",
        "live.de",
        "lycos.co.uk",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "ntlworld.com",
        "o2.co.uk",
        "o2.pl",
        "onet.pl",
        "orange.fr",
        "orange.net",
        "outlook.com",
        "outlook.co.uk",
        "pm.me",
        "plusnet.com",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rediffmail.com",
        "rocketmail.com",
        "seznam.cz",
        "sky.com",
        "supanet.com",
        "talk21.com",
        "talktalk.net",
        "tiscali.co.uk",
        "tutanota.com",
        "uwclub.net",
        "virgin.net",
        "virginmedia.com",
        "wanadoo.fr",
        "web.de",
        "wp.pl",
        "yahoo.co.in",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.fr",
        "yahoo.ie",
        "yandex.com",
        "ymail.com",
        "zoho.com",
    ]
)


class Doubt(StrEnum):
    """Why an address should be looked at."""

    NOT_ONE = "not_one"
    PERSONAL = "personal"
    SHARED = "shared"
    SIBLINGS = "siblings"
    STAFF = "staff"
    TAKEN = "taken"
    OTHER_DOMAIN = "other_domain"


WORDS: Mapping[Doubt, str] = {
    Doubt.NOT_ONE: "not an e-mail address",
    Doubt.PERSONAL: "a personal mail service, perhaps a parent's",
    Doubt.SHARED: "shared by several pupils",
    Doubt.SIBLINGS: "shared with a sibling, so probably a parent's",
    Doubt.STAFF: "a member of staff has it",
    Doubt.TAKEN: "another pupil in Admin Hub has it",
    Doubt.OTHER_DOMAIN: "not at the domain that most pupils have",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A pupil's address as the MIS has it. `row` is the review's line, `hub` the hub's pupil, if there is one."""

    row: int
    email: str
    surname: str
    hub: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Whose address is whose already: the MIS's and the hub's staff, and the hub's pupils by address."""

    staff: frozenset[str] = frozenset()
    pupils: Mapping[str, frozenset[int]] | None = None


def warnings_of(addresses: Iterable[Address], known: Known) -> dict[int, tuple[Doubt, ...]]:
    """What speaks against each address, by line; an empty tuple where nothing does."""
    listed = list(addresses)
    holders: dict[str, list[Address]] = defaultdict(list)
    for one in listed:
        holders[one.email.lower()].append(one)
    usual = _usual_domain(listed)
    return {one.row: tuple(_found(one, holders[one.email.lower()], known, usual)) for one in listed}


def _found(one: Address, holders: list[Address], known: Known, usual: str) -> Iterable[Doubt]:
    email = one.email.lower()
    local, _, domain = email.rpartition("@")
    if not local or "." not in domain or " " in email:
        yield Doubt.NOT_ONE
        return
    if domain in PERSONAL_DOMAINS:
        yield Doubt.PERSONAL
    elif usual and domain != usual:
        yield Doubt.OTHER_DOMAIN
    others = [other for other in holders if other is not one]
    if any(other.surname == one.surname for other in others):
        yield Doubt.SIBLINGS
    elif others:
        yield Doubt.SHARED
    if email in known.staff:
        yield Doubt.STAFF
    if (known.pupils or {}).get(email, frozenset()) - {one.hub}:
        yield Doubt.TAKEN


def _usual_domain(addresses: list[Address]) -> str:
    """The domain that more than half of the pupils' own addresses are at, personal ones aside; blank for none."""
    domains = Counter(one.email.lower().rpartition("@")[2] for one in addresses)
    own = {domain: count for domain, count in domains.items() if domain not in PERSONAL_DOMAINS}
    most = max(own, key=own.__getitem__, default="")
    return most if most and own[most] * 2 > sum(own.values()) else ""
