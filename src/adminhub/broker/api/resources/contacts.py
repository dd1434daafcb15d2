"""Parents and carers, and who is whose sibling (wonde-api §2.2)."""

from adminhub.broker.api.declarations import About, Field, Further, Has, Relation, Resource, Section, Through
from adminhub.broker.api.resources.codes import RELATIONSHIP as RELATIONSHIP_CODES
from adminhub.broker.api.resources.parts import (
    ADDRESSES,
    EMAILS,
    PHONES,
    TIMES,
    among,
    personal,
    section,
)
from adminhub.broker.sources.models import Contact, ContactPupil, Sibling

OF_CONTACT = Through(ContactPupil, "contact_id", "pupil_id", beside="relationship")
OF_PUPIL = Through(ContactPupil, "pupil_id", "contact_id", beside="relationship")
RELATIONSHIP = Section(
    "relationship",
    "contacts.relationship.read",
    (
        Field("relationship", permission="contacts.relationship.relationship.read"),
        Field("priority", "number", "contacts.relationship.priority.read"),
        Field("parental_responsibility", "flag", "contacts.relationship.parental_responsibility.read"),
        Field("lives_with_pupil", "flag", "contacts.relationship.lives_with_pupil.read"),
        Field("correspondence", "flag", is_kept=False),
        Field("in_touch_communication", "flag", is_kept=False),
        Field("bill_payer", "flag", is_kept=False),
        Field("email_bills", "flag", is_kept=False),
    ),
)

CONTACTS = Resource(
    name="contacts",
    model=Contact,
    permission="contacts.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("upi"),
        *personal("contacts", "title", "initials", "surname", "forename"),
        Field("middle_names", is_kept=False),
        Field("legal_surname", is_kept=False),
        Field("legal_forename", is_kept=False),
        Field("gender", is_kept=False),
        Field("date_of_birth", "day", is_kept=False),
        *TIMES,
    ),
    sections=(
        section(
            "contacts",
            "contact_details",
            Field("phones", "object", keys=PHONES),
            Field("emails", "object", keys=EMAILS),
            Field("addresses", "object", objects=ADDRESSES),
            Field("salutation", is_kept=False),
        ),
        Section(
            "cbds",
            "contacts.cbds.read",
            (
                Field(
                    "relationship",
                    permission="contacts.relationship.relationship.read",
                    codes=RELATIONSHIP_CODES,
                ),
            ),
            further=Further(ContactPupil, "contact_id", "relationship"),
            is_own=False,
        ),
    ),
    relations=(
        Relation(
            "students",
            "students",
            ("contacts.students.read", "students.read"),
            OF_CONTACT,
            beside=RELATIONSHIP,
        ),
    ),
    includes=(
        "cbds",
        "contact_details",
        "students",
        "students.contact_details",
        "students.education_details",
        "students.registration",
        "students.year",
    ),
    filters={
        "only_mis_ids": among("mis_id"),
        "has_students": Has(
            ContactPupil, "contact_id", ("contacts.students.read",), About("pupil", "pupil_id")
        ),
    },
    nested_order=("surname", "forename", "id"),
    wire_type="contact",
    person="contact",
    about=(About("pupil", "pupil_id", of=OF_CONTACT),),
)

SIBLINGS = Resource(
    name="siblings",
    model=Sibling,
    permission="students.siblings.read",
    fields=(Field("student", "id", column="sibling_id"),),
    relations=(Relation("student", "students", ("students.siblings.read",), "sibling_id"),),
    served=None,
    about=(About("pupil", "sibling_id"),),
    nested_order=("sibling_id",),
    is_listed=False,
)

RESOURCES = (CONTACTS, SIBLINGS)
