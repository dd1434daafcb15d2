"""A pupil's support, care, consents and own fields, and further details (wonde-api §2.2); only nested in pupils.

The real API's include names are known and their keys are not: these are ours.
"""

from dataclasses import replace
from typing import Any

from django.db.models import Exists, OuterRef

from adminhub.broker.api.declarations import Field, Filter, Further, Relation, Resource, Section, Through
from adminhub.broker.api.resources.attendance import CHANGES, OF_PUPIL
from adminhub.broker.api.resources.codes import BOARDER, ENROLMENT, LANGUAGE, SEN_PROVISION
from adminhub.broker.api.resources.parts import Rows, section
from adminhub.broker.records.models import (
    DateRange,
    FurtherDetails,
    ParentalPermission,
    PupilOwnField,
    SenNeed,
)
from adminhub.broker.sources.models import RecordStatus

Kind = DateRange.Kind


def _nested(include: str, model: type[Any], *fields: Field, **more: Any) -> Resource:
    """A resource without an address of its own; those who may read the include may read it."""
    return Resource(
        name=include.replace("_", "-"),
        model=model,
        permission=f"students.{include}.read",
        fields=(Field("id", "id"), Field("mis_id"), *fields, *CHANGES),
        about=OF_PUPIL,
        is_listed=False,
        **more,
    )


def _ranges(include: str, kind: Kind, *details: Field) -> Resource:
    days = (Field("start_date", "day"), Field("end_date", "day"))
    order = ("start_date", "id")
    return _nested(include, DateRange, *days, *details, which={"kind": kind.value}, nested_order=order)


RESOURCES = (
    _ranges("child_protection_plan_date_ranges", Kind.CHILD_PROTECTION_PLAN),
    _ranges("fsm_date_ranges", Kind.FREE_SCHOOL_MEALS),
    _ranges(
        "in_care_date_ranges",
        Kind.IN_CARE,
        Field(
            "responsible_care_authority",
            permission="students.in_care_date_ranges.responsible_care_authority.read",
            column="detail",
        ),
    ),
    _ranges("sen_date_ranges", Kind.SEN, Field("sen_provision", column="detail")),
    _ranges("upfsm_exception_date_ranges", Kind.UPFSM_EXCEPTION),
    _nested(
        "sen_needs",
        SenNeed,
        Field("code"),
        Field("description"),
        Field("rank", "number"),
        Field("start_date", "day"),
        Field("end_date", "day"),
        nested_order=("rank", "id"),
    ),
    _nested(
        "permissions",
        ParentalPermission,
        Field("name"),
        Field("given", "flag", column="is_given"),
        Field("date", "day", column="decided_on"),
        nested_order=("name", "id"),
    ),
    _nested(
        "user_defined_fields",
        PupilOwnField,
        Field("key"),
        Field("name"),
        Field("type"),
        Field("value"),
        nested_order=("key", "id"),
    ),
)

RECORDS_BESIDE = tuple(
    Relation(
        resource.name.replace("-", "_"),
        resource.name,
        (resource.permission,),
        Through(resource.model, "pupil_id", "id"),
    )
    for resource in RESOURCES
)


def _with_own_field(rows: Rows, value: str) -> Rows:
    named = PupilOwnField.objects.filter(key=value, status=RecordStatus.CURRENT, pupil_id=OuterRef("pk"))
    return rows.filter(Exists(named)) if value else rows


OWN_FIELD = Filter(_with_own_field, ("students.user_defined_fields.read",))


def _further(column: str) -> Further:
    return Further(FurtherDetails, "pupil_id", column)


def _only_further(name: str, *fields: Field) -> Section:
    return replace(section("students", name, *fields), further=_further(name), is_own=False)


EXTENDED = section(
    "students",
    "extended_details",
    Field("ethnicity"),
    Field("ethnicity_code"),
    Field("first_language"),
    Field("english_as_additional_language", "flag"),
    Field("english_as_additional_language_status"),
    Field("religion"),
    Field("nationality"),
    Field("birth_place"),
    Field("sen_status"),
    Field("free_school_meals", "flag"),
    Field("free_school_meals_6", "flag"),
    Field("fsm_review_date", "day"),
    Field("premium_pupil_indicator", "flag"),
    Field("premium_pupil_eligible", "flag"),
    Field("premium_pupil_notes"),
    Field("service_children_indicator", "flag"),
    Field("gifted_and_talented_status"),
    Field("in_lea_care", "flag"),
    Field("ever_in_care", "flag"),
    Field("in_care_details"),
    Field("responsible_care_authority"),
    Field("child_in_need", "flag"),
    Field("child_protection_plan", "flag"),
    Field("custody_alert", "flag"),
    Field("custody_details"),
    Field("dietary_needs"),
    Field("paramedical_support"),
    Field("general_notes"),
    Field("boarding_status"),
    Field("enrolment_status"),
    Field("application_status"),
    Field("leaver_destination", is_kept=False),
    Field("marital_status", is_kept=False),
    Field("permanent_resident", "flag", is_kept=False),
    Field("next_of_kin"),
    Field("national_insurance_number", is_kept=False),
    Field("youth_support_services_agreement", "flag"),
)
# What a code says the extended details say too, so both have one permission.
CBDS = Section(
    "cbds",
    "students.cbds.read",
    tuple(
        Field(name, permission=f"students.extended_details.{column}.read", column=column, codes=codes)
        for name, column, codes in (
            ("boarder", "boarding_status", BOARDER),
            ("enrolment_status", "enrolment_status", ENROLMENT),
            ("ethnicity", "ethnicity_code", None),
            ("first_language", "first_language", LANGUAGE),
            ("sen_provision", "sen_status", SEN_PROVISION),
        )
    ),
    column="extended_details",
    further=_further("extended_details"),
)
SECTIONS = (
    replace(EXTENDED, further=_further("extended_details")),
    CBDS,
    _only_further("dietary_details", Field("dietary_needs"), Field("notes")),
    _only_further("regional_data", Field("home_local_authority"), Field("country_of_birth")),
    _only_further("wellbeing", Field("young_carer", "flag"), Field("support")),
)
