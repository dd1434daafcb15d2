"""What the Admin Hub tells the broker about itself: permissions with reasons, and the data handling agreement."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wish:
    """One permission the hub asks for, in the broker's words, with its reason."""

    identity: str
    purpose: str
    is_optional: bool = False

    @property
    def retention(self) -> str:
        """How long what it gives is kept."""
        return KEPT


KEPT = "until the school asks for deletion; withdrawing the approval stops the reading at once"
MATCH = "To recognise the person the hub already knows, so that nobody is listed twice"
SHOW = "To show the person in lists as the school calls them"
CLASSES = "To keep classes and their members up to date"
LEAVERS = (
    "To know again somebody whom the hub has and who is not here now, so that nobody else is taken for them; only who "
    "looks like somebody in the hub is kept"
)
SCOPE = "Opens the details below; nothing by itself"

WISHES = (
    Wish("students.read", "To keep the list of pupils up to date"),
    Wish("students.forename.read", SHOW),
    Wish("students.surname.read", SHOW),
    Wish("students.legal_forename.read", MATCH),
    Wish("students.legal_surname.read", MATCH),
    Wish("students.date_of_birth.read", MATCH),
    Wish("students.gender.read", "For the services' anonymous comparisons of year groups"),
    Wish("students.education_details.read", SCOPE),
    Wish("students.education_details.upn.read", MATCH),
    Wish("students.education_details.current_nc_year.read", "To put the pupil in the right year group"),
    Wish("students.year.read", "To put the pupil in the right year group"),
    Wish("students.registration.read", CLASSES),
    Wish("students.classes.read", CLASSES),
    Wish("students.groups.read", CLASSES),
    Wish("employees.read", "To keep the list of staff up to date"),
    Wish("employees.forename.read", SHOW),
    Wish("employees.surname.read", SHOW),
    Wish("employees.legal_forename.read", MATCH),
    Wish("employees.legal_surname.read", MATCH),
    Wish("employees.contact_details.read", SCOPE),
    Wish("employees.contact_details.emails.read", "To recognise staff, and for their log-in"),
    Wish("employees.employment_details.read", SCOPE),
    Wish("employees.employment_details.current.read", "To notice who has left"),
    Wish("employees.employment_details.teaching_staff.read", "To offer teachers first"),
    Wish("employees.employment_details.role_text.read", SHOW),
    Wish("employees.classes.read", CLASSES),
    Wish("employees.groups.read", CLASSES),
    Wish("classes.read", CLASSES),
    Wish("classes.subject.read", "To name the class by its subject"),
    Wish("classes.students.read", CLASSES),
    Wish("classes.employees.read", CLASSES),
    Wish("groups.read", CLASSES),
    Wish("groups.students.read", CLASSES),
    Wish("groups.employees.read", CLASSES),
    Wish("students.middle_names.read", "Helps to tell pupils of the same name apart", is_optional=True),
    Wish("students.education_details.learner_number.read", MATCH, is_optional=True),
    Wish("students.education_details.admission_number.read", MATCH, is_optional=True),
    Wish(
        "students.education_details.former_upn.read",
        "To recognise a pupil who was known by a temporary UPN before",
        is_optional=True,
    ),
    Wish(
        "students.education_details.admission_date.read",
        "Tells a joiner from somebody of the same name who was known before",
        is_optional=True,
    ),
    Wish("students-leaver.read", LEAVERS, is_optional=True),
    Wish("students-pre-admission.read", LEAVERS, is_optional=True),
    Wish("students.contact_details.read", SCOPE, is_optional=True),
    Wish("students.contact_details.emails.read", "For pupils' log-in to services", is_optional=True),
    Wish("employees.title.read", SHOW, is_optional=True),
    Wish(
        "employees.employment_details.employment_start_date.read",
        "Tells a new member of staff from one of the same name who was known before",
        is_optional=True,
    ),
    Wish("employees.employment_details.teacher_number.read", MATCH, is_optional=True),
    Wish(
        "employees.employment_details.staff_code.read",
        "Schools know staff by it in timetables",
        is_optional=True,
    ),
)

PURPOSE = (
    "The Admin Hub keeps the school's list of staff, classes and pupils in step with the MIS and hands each "
    "service the school has bought only what that service needs. It never writes to the MIS."
)

AGREEMENT = """# What the Admin Hub does with the school's data

The school is the controller of the data; the Admin Hub is its processor and acts only on the school's \
instructions. It reads the fields listed under permissions, and no others.

# Who sees it

The school's Access Coordinator reviews every change before it is made. A service the school has bought gets \
the fields it needs for the people who were given access to it, and nothing about anybody else.

# How long it is kept

Until the school asks for deletion. A sync deletes nobody by itself. When the school withdraws its approval the \
Admin Hub stops reading at once, and the Access Coordinator chooses whether MIS identifiers are kept.

# How it is protected

Data travels encrypted. Tokens are stored encrypted. Names, birthdays and pupil numbers never appear in logs or \
web addresses. A breach is reported to the school without delay.

# How the school ends it

Any administrator of the school withdraws the approval in the broker's portal, or the Access Coordinator chooses \
Deauthorise in the Admin Hub. Either takes effect at once.
"""
