"""Every permission there is: what an app may ask a school for, field by field, in plain words.

Identities are ours (Wonde does not publish its slugs); names follow the pattern of Wonde's own list
("Students upn read", "Employees email read"), so that a school recognises them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Permission:
    """One thing that can be allowed. `parent` must be allowed too, or this one gives nothing."""

    identity: str
    name: str
    plain: str
    group: str
    parent: str | None = None


PUPILS, EMPLOYEES, CLASSES, GROUPS = "Pupils", "Staff", "Classes", "Groups"
CONTACTS, TIMETABLE = "Parents and carers", "Timetable"
ATTENDANCE, CONDUCT, HEALTH, ASSESSMENT = "Attendance", "Behaviour and achievements", "Health", "Assessment"
SUPPORT = "Support and safeguarding"
ABSENCES, SCHOOL_LIFE = "Absences of staff", "Events, photographs and charges"


def _writes(resource: str, wire: str, group: str, verbs: dict[str, str]) -> list[Permission]:
    """Permissions to change a family's records: write, delete."""
    return [
        Permission(f"{resource}.{verb}", f"{wire} {verb}", plain, group, f"{resource}.read")
        for verb, plain in verbs.items()
    ]


def _fields(resource: str, wire: str, group: str, parent: str, fields: dict[str, str]) -> list[Permission]:
    return [
        Permission(
            f"{resource}.{field}.read",
            f"{wire} {field.replace('_', ' ')} read",
            plain,
            group,
            f"{parent}.read",
        )
        for field, plain in fields.items()
    ]


PERMISSIONS: tuple[Permission, ...] = (
    Permission("students.read", "Students read", "Which pupils are at the school", PUPILS),
    *_fields(
        "students",
        "Students",
        PUPILS,
        "students",
        {
            "title": "Pupils' titles",
            "initials": "Pupils' initials",
            "surname": "Pupils' preferred surnames",
            "forename": "Pupils' preferred first names",
            "middle_names": "Pupils' middle names",
            "legal_surname": "Pupils' legal surnames",
            "legal_forename": "Pupils' legal first names",
            "gender": "Pupils' sex as recorded by the school",
            "date_of_birth": "Pupils' dates of birth",
            "education_details": "Pupils' places at the school (the details are listed below)",
            "contact_details": "Pupils' own contact details (the details are listed below)",
            "extended_details": "Further facts about pupils (the details are listed below)",
            "identifiers": "Pupils' user names",
            "year": "Which year group each pupil is in",
            "registration": "Which registration group each pupil is in",
            "house": "Which house each pupil is in",
            "boarding": "Which boarding house each pupil is in",
            "campus": "On which campus each pupil is",
            "cbds": "The DfE's codes for facts about pupils that are allowed in words",
            "classes": "Which classes each pupil is in",
            "groups": "Which groups each pupil is in",
            "siblings": "Which pupils are brothers and sisters",
            "contacts": "Who each pupil's parents and carers are",
            "permissions": "What parents have said yes or no to, such as photographs",
            "regional_data": "Facts that only some countries record (the details are listed below)",
            "user_defined_fields": "Fields that the school itself has added to its MIS",
        },
    ),
    *_fields(
        "students.education_details",
        "Students",
        PUPILS,
        "students.education_details",
        {
            "admission_number": "Pupils' admission numbers",
            "upn": "Unique Pupil Numbers (UPN)",
            "former_upn": "Former UPNs",
            "learner_number": "Unique Learner Numbers (ULN)",
            "current_nc_year": "National Curriculum years",
            "part_time": "Whether pupils attend part-time",
            "admission_date": "Dates of admission",
            "leaving_date": "Dates of leaving",
        },
    ),
    *_fields(
        "students.contact_details",
        "Students",
        PUPILS,
        "students.contact_details",
        {
            "emails": "Pupils' e-mail addresses",
            "phones": "Pupils' telephone numbers",
            "addresses": "Pupils' home addresses",
        },
    ),
    *_fields(
        "students.extended_details",
        "Students",
        PUPILS,
        "students.extended_details",
        {
            "ethnicity": "Pupils' ethnicity",
            "ethnicity_code": "The DfE's codes for pupils' ethnicity",
            "first_language": "Pupils' first languages",
            "english_as_additional_language": "Whether English is an additional language",
            "english_as_additional_language_status": "How well pupils with another language speak English",
            "religion": "Pupils' religions",
            "nationality": "Pupils' nationalities",
            "birth_place": "Where pupils were born",
            "sen_status": "Special educational needs",
            "free_school_meals": "Free school meals",
            "free_school_meals_6": "Free school meals in the last six years",
            "fsm_review_date": "When free school meals are looked at again",
            "premium_pupil_indicator": "Pupil premium",
            "premium_pupil_eligible": "Whether a pupil could have the pupil premium",
            "premium_pupil_notes": "Notes on the pupil premium",
            "service_children_indicator": "Children of service families",
            "gifted_and_talented_status": "Gifted and talented pupils",
            "in_lea_care": "Children in care",
            "ever_in_care": "Children who have ever been in care",
            "in_care_details": "Notes on children in care",
            "responsible_care_authority": "Which authority is in charge of a child in care",
            "child_in_need": "Children in need",
            "child_protection_plan": "Children with a child protection plan",
            "custody_alert": "That there is something to know about a child's custody",
            "custody_details": "What there is to know about a child's custody",
            "dietary_needs": "Pupils' dietary needs in a few words",
            "paramedical_support": "Paramedical support that pupils have",
            "general_notes": "Notes on pupils of any kind",
            "boarding_status": "Whether pupils board",
            "enrolment_status": "Whether a pupil is also registered at another school",
            "application_status": "How a pupil's application stands",
            "next_of_kin": "Pupils' next of kin",
            "youth_support_services_agreement": "Whether youth support services may have a pupil's data",
        },
    ),
    *_fields(
        "students.regional_data",
        "Students",
        PUPILS,
        "students.regional_data",
        {
            "home_local_authority": "The local authorities pupils live in",
            "country_of_birth": "The countries pupils were born in",
        },
    ),
    *_fields(
        "students",
        "Students",
        SUPPORT,
        "students",
        {
            "child_protection_plan_date_ranges": "From when until when pupils had a child protection plan",
            "in_care_date_ranges": "From when until when pupils were in care",
            "fsm_date_ranges": "From when until when pupils had free school meals",
            "upfsm_exception_date_ranges": "From when until when pupils were left out of universal free school meals",
            "sen_date_ranges": "From when until when pupils had special educational provision, and which",
            "sen_needs": "Which special educational needs pupils have",
            "wellbeing": "Pupils' wellbeing (the details are listed below)",
        },
    ),
    *_fields(
        "students.in_care_date_ranges",
        "Students",
        SUPPORT,
        "students.in_care_date_ranges",
        {"responsible_care_authority": "Which authority was in charge while a pupil was in care"},
    ),
    *_fields(
        "students.wellbeing",
        "Students",
        SUPPORT,
        "students.wellbeing",
        {
            "young_carer": "Pupils who care for somebody at home",
            "support": "What is done for pupils' wellbeing",
        },
    ),
    *_fields(
        "students",
        "Students",
        HEALTH,
        "students",
        {"dietary_details": "Pupils' dietary needs (the details are listed below)"},
    ),
    *_fields(
        "students.dietary_details",
        "Students",
        HEALTH,
        "students.dietary_details",
        {
            "dietary_needs": "What pupils may not or do not eat",
            "notes": "Notes on pupils' dietary needs",
        },
    ),
    Permission("employees.read", "Employees read", "Which staff work at the school", EMPLOYEES),
    *_fields(
        "employees",
        "Employees",
        EMPLOYEES,
        "employees",
        {
            "initials": "Staff initials",
            "title": "Staff titles",
            "surname": "Staff surnames",
            "forename": "Staff first names",
            "middle_names": "Staff middle names",
            "legal_surname": "Staff legal surnames",
            "legal_forename": "Staff legal first names",
            "gender": "Staff sex as recorded by the school",
            "date_of_birth": "Staff dates of birth",
            "contact_details": "Staff contact details (the details are listed below)",
            "employment_details": "Staff posts at the school (the details are listed below)",
            "identifiers": "Staff user names",
            "classes": "Which classes each member of staff teaches",
            "groups": "Which groups each member of staff leads",
            "contracts": "From when until when staff are employed, and how; never what they earn",
            "roles": "What each member of staff does, and since when",
            "qualifications": "What staff have learned, and when",
            "employment_checks": "Which checks of staff were done, and on which day",
            "hierarchy": "Who leads whom",
        },
    ),
    *_fields(
        "employees.contact_details",
        "Employees",
        EMPLOYEES,
        "employees.contact_details",
        {"emails": "Staff work e-mail addresses", "phones": "Staff telephone numbers"},
    ),
    *_fields(
        "employees.employment_details",
        "Employees",
        EMPLOYEES,
        "employees.employment_details",
        {
            "current": "Whether each member of staff is in post",
            "teaching_staff": "Whether each member of staff teaches",
            "role_text": "What each member of staff does",
            "employment_start_date": "Dates staff started",
            "employment_end_date": "Dates staff left",
            "teacher_number": "Teacher numbers",
            "staff_code": "Staff codes",
        },
    ),
    Permission(
        "students-leaver.read",
        "Students leaver read",
        "Pupils who have left, in the same detail as those who are here",
        PUPILS,
        "students.read",
    ),
    Permission(
        "students-pre-admission.read",
        "Students pre admission read",
        "Pupils who will start later, in the same detail as those who are here",
        PUPILS,
        "students.read",
    ),
    Permission("contacts.read", "Contacts read", "Who the pupils' parents and carers are", CONTACTS),
    *_fields(
        "contacts",
        "Contacts",
        CONTACTS,
        "contacts",
        {
            "title": "Titles of parents and carers",
            "initials": "Initials of parents and carers",
            "surname": "Surnames of parents and carers",
            "forename": "First names of parents and carers",
            "contact_details": "How to reach parents and carers (the details are listed below)",
            "relationship": "What each parent or carer is to a pupil (the details are listed below)",
            "students": "Which pupils each parent or carer belongs to",
            "cbds": "The DfE's codes for facts about parents and carers that are allowed in words",
        },
    ),
    *_fields(
        "contacts.contact_details",
        "Contacts",
        CONTACTS,
        "contacts.contact_details",
        {
            "emails": "E-mail addresses of parents and carers",
            "phones": "Telephone numbers of parents and carers",
            "addresses": "Home addresses of parents and carers",
        },
    ),
    *_fields(
        "contacts.relationship",
        "Contacts",
        CONTACTS,
        "contacts.relationship",
        {
            "relationship": "Whether a contact is a mother, a father, a grandparent …",
            "priority": "Whom the school calls first",
            "parental_responsibility": "Who has parental responsibility",
            "lives_with_pupil": "Who lives with the pupil",
        },
    ),
    Permission("periods.read", "Periods read", "The school's periods and their times", TIMETABLE),
    Permission("rooms.read", "Rooms read", "The school's rooms", TIMETABLE),
    Permission(
        "lessons.read", "Lessons read", "This week's lessons of each class", TIMETABLE, "classes.read"
    ),
    *_fields(
        "lessons",
        "Lessons",
        TIMETABLE,
        "lessons",
        {
            "employee": "Who takes each lesson",
            "period": "The period of each lesson",
            "room": "The room of each lesson",
            "class": "The class of each lesson",
        },
    ),
    Permission("classes.read", "Classes read", "The school's teaching classes and their names", CLASSES),
    Permission(
        "classes.subject.read", "Classes subject read", "The subject of each class", CLASSES, "classes.read"
    ),
    Permission(
        "classes.students.read", "Classes students read", "The pupils of each class", CLASSES, "classes.read"
    ),
    Permission(
        "classes.employees.read", "Classes employees read", "The staff of each class", CLASSES, "classes.read"
    ),
    Permission("groups.read", "Groups read", "The school's registration and year groups", GROUPS),
    Permission(
        "groups.students.read", "Groups students read", "The pupils of each group", GROUPS, "groups.read"
    ),
    Permission(
        "groups.employees.read", "Groups employees read", "The staff of each group", GROUPS, "groups.read"
    ),
    Permission("attendance_codes.read", "Attendance codes read", "The school's attendance codes", ATTENDANCE),
    Permission(
        "attendance.read",
        "Attendance read",
        "Each pupil's attendance mark for every half day",
        ATTENDANCE,
        "students.read",
    ),
    *_fields(
        "attendance",
        "Attendance",
        ATTENDANCE,
        "attendance",
        {
            "employee": "Who took the register of a half day",
            "comment": "Comments on marks of half days, such as the reason of an absence",
            "minutes_late": "How late a pupil came in the morning or afternoon",
        },
    ),
    *_writes(
        "attendance",
        "Attendance",
        ATTENDANCE,
        {"write": "Enter marks of half days into the school's records"},
    ),
    Permission(
        "attendance_leavers.read",
        "Attendance leavers read",
        "Attendance marks of pupils who have left",
        ATTENDANCE,
        "students-leaver.read",
    ),
    Permission(
        "lesson_attendance.read",
        "Lesson attendance read",
        "Each pupil's attendance mark for every lesson",
        ATTENDANCE,
        "students.read",
    ),
    *_fields(
        "lesson_attendance",
        "Lesson attendance",
        ATTENDANCE,
        "lesson_attendance",
        {
            "employee": "Who took the register of a lesson",
            "comment": "Comments on marks of lessons",
            "minutes_late": "How late a pupil came to a lesson",
        },
    ),
    *_writes(
        "lesson_attendance",
        "Lesson attendance",
        ATTENDANCE,
        {"write": "Enter marks of lessons into the school's records"},
    ),
    Permission(
        "attendance_summaries.read",
        "Attendance summaries read",
        "How often each pupil was present, absent or late",
        ATTENDANCE,
        "students.read",
    ),
    Permission(
        "behaviours.read",
        "Behaviours read",
        "Behaviour incidents: when, where, of what kind, with how many points",
        CONDUCT,
        "students.read",
    ),
    *_fields(
        "behaviours",
        "Behaviours",
        CONDUCT,
        "behaviours",
        {
            "students": "Which pupils were in an incident, and their parts in it",
            "employees": "Who recorded an incident",
            "action": "What was done about an incident",
            "bullying_type": "Of what kind bullying was",
            "comment": "What staff wrote about an incident",
        },
    ),
    *_writes(
        "behaviours",
        "Behaviours",
        CONDUCT,
        {
            "write": "Record behaviour incidents in the school's records",
            "delete": "Remove behaviour incidents from the school's records",
        },
    ),
    Permission(
        "achievements.read",
        "Achievements read",
        "Achievements: when, of what kind, with how many points",
        CONDUCT,
        "students.read",
    ),
    *_fields(
        "achievements",
        "Achievements",
        CONDUCT,
        "achievements",
        {
            "students": "Which pupils have an achievement, and their awards",
            "employees": "Who recorded an achievement",
            "comment": "What staff wrote about an achievement",
        },
    ),
    *_writes(
        "achievements",
        "Achievements",
        CONDUCT,
        {
            "write": "Record achievements in the school's records",
            "delete": "Remove achievements from the school's records",
        },
    ),
    Permission(
        "exclusions.read",
        "Exclusions read",
        "Which pupils were suspended or excluded, and when",
        CONDUCT,
        "students.read",
    ),
    *_fields(
        "exclusions",
        "Exclusions",
        CONDUCT,
        "exclusions",
        {
            "reason": "Why pupils were suspended or excluded",
            "proceedings": "Appeals, hearings and comments on exclusions",
        },
    ),
    Permission("detentions.read", "Detentions read", "Detentions: when, where and of what type", CONDUCT),
    *_fields(
        "detentions",
        "Detentions",
        CONDUCT,
        "detentions",
        {"employee": "Who holds a detention", "students": "Which pupils are kept in"},
    ),
    Permission(
        "detention_attendance.read",
        "Detention attendance read",
        "Which pupils came to their detentions",
        CONDUCT,
        "students.read",
    ),
    *_fields(
        "detention_attendance",
        "Detention attendance",
        CONDUCT,
        "detention_attendance",
        {"comment": "Comments on pupils' detentions"},
    ),
    Permission(
        "medical_conditions.read",
        "Medical conditions read",
        "Pupils' medical conditions, such as asthma or allergies",
        HEALTH,
        "students.read",
    ),
    Permission(
        "medical_events.read",
        "Medical events read",
        "Accidents, vaccinations and other medical events",
        HEALTH,
        "students.read",
    ),
    Permission(
        "medical_notes.read",
        "Medical notes read",
        "That there are medical notes on a pupil",
        HEALTH,
        "students.read",
    ),
    *_fields(
        "medical_notes",
        "Medical notes",
        HEALTH,
        "medical_notes",
        {"note": "What medical notes say"},
    ),
    Permission(
        "doctors.read", "Doctors read", "Pupils' doctors and their surgeries", HEALTH, "students.read"
    ),
    Permission(
        "assessment.read",
        "Assessment read",
        "What the school assesses: aspects, result sets, mark sheets",
        ASSESSMENT,
    ),
    Permission(
        "assessment.results.read",
        "Assessment results read",
        "Each pupil's assessment results",
        ASSESSMENT,
        "students.read",
    ),
    Permission(
        "employee_absences.read",
        "Employee absences read",
        "When members of staff were away",
        ABSENCES,
        "employees.read",
    ),
    *_fields(
        "employee_absences",
        "Employee absences",
        ABSENCES,
        "employee_absences",
        {"absence_type": "Why members of staff were away", "comment": "Comments on absences of staff"},
    ),
    *_writes(
        "employee_absences",
        "Employee absences",
        ABSENCES,
        {
            "write": "Record and change absences of staff in the school's records",
            "delete": "Remove absences of staff from the school's records",
        },
    ),
    Permission(
        "charge_categories.read", "Charge categories read", "What the school charges for", SCHOOL_LIFE
    ),
    Permission("events.read", "Events read", "The school's calendar", SCHOOL_LIFE),
    Permission("photos.read", "Photos read", "Photographs of pupils", SCHOOL_LIFE, "students.read"),
    Permission(
        "employees.photo.read", "Employees photo read", "Photographs of staff", SCHOOL_LIFE, "employees.read"
    ),
)

BY_IDENTITY: dict[str, Permission] = {permission.identity: permission for permission in PERMISSIONS}


def effective(identities: set[str]) -> frozenset[str]:
    """The identities that give something: those whose parents, all the way up, are allowed as well."""

    def stands(identity: str) -> bool:
        permission = BY_IDENTITY.get(identity)
        if permission is None or identity not in identities:
            return False
        return permission.parent is None or stands(permission.parent)

    return frozenset(identity for identity in identities if stands(identity))
