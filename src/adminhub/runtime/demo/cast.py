"""Who is in the demo: every log-in, what it is for, and on which site it works."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Login:
    """One invented person who can log in; `site` is where, `about` is what for."""

    key: str
    email: str
    first_name: str
    last_name: str
    site: str
    about: str
    title: str = "Ms"
    position: str = ""


LOGINS = (
    Login(
        "access_coordinator", "ada@oakhill.example", "Ada", "Okafor", "hub",
        "Access Coordinator of Wellbeing at Oak Hill, deputy for Reading Ladder",
    ),
    Login("teacher_admin", "tom@oakhill.example", "Tom", "Barrow", "hub", "Teacher Admin at Oak Hill", "Mr"),
    Login("teacher", "ben@oakhill.example", "Ben", "Carter", "hub", "Teacher at Oak Hill", "Mr"),
    Login(
        "second_service_coordinator", "rae@oakhill.example", "Rae", "Lindqvist", "hub",
        "Access Coordinator of Reading Ladder only, at Oak Hill",
    ),
    Login(
        "maple_coordinator", "mia@maple.example", "Mia", "Farah", "hub",
        "Access Coordinator of Wellbeing at Maple Primary",
    ),
    Login(
        "elm_coordinator", "eli@elmpark.example", "Eli", "Nowak", "hub",
        "Access Coordinator of Wellbeing at Elm Park, which has no account with the broker yet", "Mr",
    ),
    Login(
        "broker_administrator", "bea@oakhill.example", "Bea", "Hughes", "broker",
        "administrator of Oak Hill and Maple Primary", "Mrs", "Data manager",
    ),
    Login(
        "second_administrator", "hana@oakhill.example", "Hana", "Lowe", "broker",
        "another administrator of Oak Hill", "Dr", "Headteacher",
    ),
    Login(
        "read_only_administrator", "omar@oakhill.example", "Omar", "Reid", "broker",
        "may look at Oak Hill's connections and decide nothing", "Mr", "Office assistant",
    ),
    Login(
        "broker_operator", "olu@gatehouse.example", "Olu", "Mensah", "broker",
        "operator of the broker", "Mx", "Support",
    ),
    Login(
        "broker_developer", "dev@librarydesk.example", "Devi", "Anand", "broker",
        "developer of Library Desk, an app that may ask the test school only", "Ms", "Software engineer",
    ),
)  # fmt: skip


def login(key: str) -> Login:
    """Return the log-in with this key."""
    return next(person for person in LOGINS if person.key == key)
