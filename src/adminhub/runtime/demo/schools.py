"""The demo's three schools and their neighbours in the broker's directory; all invented, LA code 999."""

from dataclasses import dataclass
from pathlib import Path

from adminhub.runtime.demo.exports import Format, Kind


@dataclass(frozen=True)
class Address:
    """A postal address."""

    line_1: str
    line_2: str
    town: str
    postcode: str


@dataclass(frozen=True)
class DemoSchool:
    """One school; `hub_address` is what the hub believes, which differs a little from the broker's."""

    key: str
    name: str
    centre_id: int
    urn: str
    laestab: str
    phase: str
    address: Address
    hub_address: Address
    domain: str
    phone: str
    mis: str = ""


@dataclass(frozen=True)
class DemoExport:
    """How a school's MIS data is made."""

    school: DemoSchool
    seed: int
    pupils: int
    kind: Kind
    format: Format


OAK_HILL = DemoSchool(
    key="oakhill",
    name="Oak Hill School",
    centre_id=10482,
    urn="999001",
    laestab="9994001",
    phase="SECONDARY",
    address=Address("Acorn Lane", "Oak Hill", "Northbridge", "ZZ1 4OH"),
    hub_address=Address("12 Acorn Lane", "Oak Hill", "Northbridge", "ZZ1 4OH"),
    domain="oakhill.example",
    phone="01632 960 201",
    mis="SIMS",
)
MAPLE = DemoSchool(
    key="maple",
    name="Maple Primary School",
    centre_id=10517,
    urn="999002",
    laestab="9992002",
    phase="PRIMARY",
    address=Address("3 Sycamore Road", "", "Northbridge", "ZZ2 7MP"),
    hub_address=Address("3 Sycamore Road", "", "Northbridge", "ZZ2 7MP"),
    domain="maple.example",
    phone="01632 960 202",
    mis="RM Integris",
)
ELM_PARK = DemoSchool(
    key="elmpark",
    name="Elm Park School",
    centre_id=10655,
    urn="999003",
    laestab="9994003",
    phase="SECONDARY",
    address=Address("Elm Park Avenue", "", "Southbridge", "ZZ9 2EP"),
    hub_address=Address("Elm Park Avenue", "", "Southbridge", "ZZ9 2EP"),
    domain="elmpark.example",
    phone="01632 960 203",
)
SCHOOLS = (OAK_HILL, MAPLE, ELM_PARK)
EXPORTS = (
    DemoExport(OAK_HILL, seed=4001, pupils=1150, kind="secondary", format="sims"),
    DemoExport(MAPLE, seed=2002, pupils=240, kind="primary", format="integris"),
)

# Others the broker knows, so that a search has something to choose from: name, URN, DfE number, postcode, phase.
NEIGHBOURS = (
    ("Oak Hill Primary School", 999011, "9992011", "ZZ1 4OJ", "PRIMARY"),
    ("Oakhill Academy", 999012, "9994012", "ZZ5 1AB", "SECONDARY"),
    ("Old Oak School", 999013, "9994013", "ZZ1 9QT", "SECONDARY"),
    ("Maple Grove Infant School", 999014, "9992014", "ZZ2 7MX", "PRIMARY"),
    ("Maple Street Primary School", 999015, "9992015", "ZZ8 3ST", "PRIMARY"),
    ("Elm Park Primary School", 999016, "9992016", "ZZ9 2ER", "PRIMARY"),
    ("St Bega's Catholic Primary School", 999017, "9993017", "ZZ3 1SB", "PRIMARY"),
    ("Northbridge Sixth Form College", 999018, "9998018", "ZZ1 1NB", "16 PLUS"),
    ("The Willows Special School", 999019, "9997019", "ZZ4 6TW", "SPECIAL"),
)


def folder_of(data: Path, school: DemoSchool) -> Path:
    """Return where a school's export and `hub_roster.csv` lie."""
    return data / "demo" / school.key
