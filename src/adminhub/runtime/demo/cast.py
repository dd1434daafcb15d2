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


LOGINS = (
    Login(
        "access_coordinator", "ada@oakhill.example", "Ada", "Okafor", "hub",
        "Access Coordinator of Wellbeing and Reading Ladder at Oak Hill",
    ),
    Login("teacher_admin", "tom@oakhill.example", "Tom", "Barrow", "hub", "Teacher Admin at Oak Hill"),
    Login("teacher", "ben@oakhill.example", "Ben", "Carter", "hub", "Teacher at Oak Hill"),
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
        "Access Coordinator of Wellbeing at Elm Park, which the broker does not know yet",
    ),
    Login(
        "broker_administrator", "bea@oakhill.example", "Bea", "Hughes", "broker",
        "administrator of Oak Hill and Maple Primary",
    ),
    Login("broker_operator", "olu@gatehouse.example", "Olu", "Mensah", "broker", "operator of the broker"),
)  # fmt: skip


def login(key: str) -> Login:
    """Return the log-in with this key."""
    return next(person for person in LOGINS if person.key == key)
