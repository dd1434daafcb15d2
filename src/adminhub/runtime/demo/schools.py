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
    ("Oak Hill Infant School", 999020, "9992020", "ZZ1 4OK", "PRIMARY"),
    ("Oak Hill Junior School", 999021, "9992021", "ZZ1 4OL", "PRIMARY"),
    ("Oak Hall School", 999022, "9994022", "ZZ6 2OH", "SECONDARY"),
    ("Oakley Hill School", 999023, "9994023", "ZZ1 8LY", "SECONDARY"),
    ("Royal Oak Primary School", 999024, "9992024", "ZZ3 5RO", "PRIMARY"),
    ("Oakfield Nursery School", 999025, "9991025", "ZZ1 4ON", "NURSERY"),
    ("Maple Primary Academy", 999026, "9992026", "ZZ7 1MA", "PRIMARY"),
    ("Maple Lodge School", 999027, "9997027", "ZZ2 7ML", "SPECIAL"),
    ("Maplewood High School", 999028, "9994028", "ZZ2 8MW", "SECONDARY"),
    ("Sycamore Road Primary School", 999029, "9992029", "ZZ2 7SR", "PRIMARY"),
    ("Elm Park Junior School", 999030, "9992030", "ZZ9 2ES", "PRIMARY"),
    ("Elm Tree School", 999031, "9994031", "ZZ9 4ET", "SECONDARY"),
    ("Elmwood Park Academy", 999032, "9994032", "ZZ9 6EW", "SECONDARY"),
    ("Southbridge Park School", 999033, "9994033", "ZZ9 2SP", "SECONDARY"),
    ("Northbridge Academy", 999034, "9994034", "ZZ1 2NA", "SECONDARY"),
    ("Northbridge Church of England Primary School", 999035, "9993035", "ZZ1 2NC", "PRIMARY"),
    ("Southbridge Community School", 999036, "9994036", "ZZ9 1SC", "ALL THROUGH"),
    ("St Alban's Church of England Primary School", 999037, "9993037", "ZZ3 3SA", "PRIMARY"),
    ("St Hild's Catholic High School", 999038, "9994638", "ZZ3 7SH", "SECONDARY"),
    ("St Bede's Catholic Primary School", 999039, "9993039", "ZZ3 1SD", "PRIMARY"),
    ("Ash Grove School", 999040, "9994040", "ZZ5 2AG", "SECONDARY"),
    ("Beech Lane Primary School", 999041, "9992041", "ZZ5 3BL", "PRIMARY"),
    ("Birchwood School", 999042, "9994042", "ZZ5 4BW", "SECONDARY"),
    ("Cedar House School", 999043, "9997043", "ZZ4 1CH", "SPECIAL"),
    ("Chestnut Drive Infant School", 999044, "9992044", "ZZ8 2CD", "PRIMARY"),
    ("Hawthorn Community Primary School", 999045, "9992045", "ZZ8 4HC", "PRIMARY"),
    ("Hazel Bank School", 999046, "9994046", "ZZ8 5HB", "SECONDARY"),
    ("Larch Road Nursery School", 999047, "9991047", "ZZ4 8LR", "NURSERY"),
    ("Rowan Tree Primary School", 999048, "9992048", "ZZ7 6RT", "PRIMARY"),
    ("Willow Brook Primary School", 999049, "9992049", "ZZ4 7WB", "PRIMARY"),
    ("Yew Tree Community School", 999050, "9994050", "ZZ7 9YT", "SECONDARY"),
)


def folder_of(data: Path, school: DemoSchool, *, years_later: int = 0) -> Path:
    """Return where a school's export and `hub_roster.csv` lie; those of later years beside it."""
    return data / "demo" / (f"{school.key}-{years_later}-later" if years_later else school.key)
