"""Staff (wonde-api §2.2)."""

from typing import Literal

from django.db.models.fields.json import KT

from adminhub.broker.api.declarations import (
    About,
    Field,
    Filter,
    Has,
    Nothing,
    Relation,
    Resource,
    Section,
    Through,
    is_yes,
)
from adminhub.broker.api.moments import moment_of
from adminhub.broker.api.resources.parts import (
    ADDRESSES,
    EMAILS,
    PAY,
    PHONES,
    Rows,
    among,
    personal,
    section,
    teaching,
)
from adminhub.broker.api.resources.records_of_people import RECORDS_OF_EMPLOYEE
from adminhub.broker.api.resources.staff_records import KEPT_OF_EMPLOYEE, MAY_SEE_CONTRACTS
from adminhub.broker.records.models import Contract
from adminhub.broker.sources.models import ClassEmployee, Employee, GroupEmployee, RecordStatus


def with_role(rows: Rows, value: str) -> Rows:
    return rows.exclude(employment_details__role_text=None) if is_yes(value) else rows


def started(name: str, lookup: Literal["gte", "lte"]) -> Filter:
    """Who started on this day or later ("gte"), or earlier; of whom no day is known is not among them."""

    def narrow(rows: Rows, value: str) -> Rows:
        if not value:
            return rows
        day = moment_of(name, value).date().isoformat()
        first_day = KT("employment_details__employment_start_date")
        found: Rows = rows.alias(first_day=first_day).filter(**{f"first_day__{lookup}": day})
        return found

    return Filter(narrow, ("employees.employment_details.employment_start_date.read",), "That day included.")


EMPLOYEES = Resource(
    name="employees",
    model=Employee,
    permission="employees.read",
    fields=(
        Field("id", "id"),
        Field("upi"),
        Field("mis_id"),
        *personal("employees", "initials", "title", "surname", "forename", "middle_names"),
        *personal("employees", "legal_surname", "legal_forename", "gender"),
        Field("date_of_birth", "day", "employees.date_of_birth.read"),
        Field("restored_at", "moment"),
        Field("updated_at", "moment"),
        Field("created_at", "moment"),
    ),
    sections=(
        section(
            "employees",
            "contact_details",
            Field("phones", "object", keys=PHONES),
            Field("emails", "object", keys=EMAILS),
            Field("addresses", "object", is_kept=False, objects=ADDRESSES),
            Field("salutation", is_kept=False),
        ),
        section(
            "employees",
            "employment_details",
            Field("current", "flag"),
            Field("teaching_staff", "flag"),
            Field("employment_start_date", "day"),
            Field("employment_end_date", "day"),
            Field("role_text"),
            Field("teacher_number"),
            Field("staff_code"),
        ),
        Section(
            "extended_details",
            "employees.read",
            (
                Field("ethnicity", is_kept=False),
                Field("ethnicity_code", is_kept=False),
                Field("first_language", is_kept=False),
                Field("religion", is_kept=False),
                Field("nationality", is_kept=False),
                Field("birth_place", is_kept=False),
                Field("marital_status", is_kept=False),
                Field("national_insurance_number", is_kept=False),
            ),
        ),
        Section("identifiers", "employees.identifiers.read", (Field("username"),)),
    ),
    relations=(
        Relation(
            "classes",
            "classes",
            ("employees.classes.read",),
            Through(ClassEmployee, "employee_id", "school_class_id", "is_main"),
            teaching,
        ),
        Relation(
            "groups", "groups", ("employees.groups.read",), Through(GroupEmployee, "employee_id", "group_id")
        ),
        *RECORDS_OF_EMPLOYEE,
        *KEPT_OF_EMPLOYEE,
    ),
    nothing=(
        Nothing("allowances", PAY),
        Nothing("campus", "Nothing says of staff at which campus they are.", is_one=True),
        Nothing("next_of_kin", "Schools' exports say nothing of the next of kin of staff."),
        Nothing("salary", PAY),
        Nothing("scales", PAY),
        Nothing("user_defined_fields", "Schools' exports say nothing of fields of their own about staff."),
    ),
    includes=(
        "allowances",
        "allowances.contract",
        "behaviours",
        "behaviours.students",
        "campus",
        "classes",
        "classes.subject",
        "contact_details",
        "contracts",
        "contracts.roles",
        "contracts.salary",
        "contracts.salary.allowances",
        "contracts.salary.scales",
        "employee_absences",
        "employment_checks",
        "employment_details",
        "extended_details",
        "groups",
        "hierarchy",
        "hierarchy.employment_details",
        "identifiers",
        "next_of_kin",
        "photo",
        "qualifications",
        "roles",
        "roles.contract",
        "salary",
        "salary.contract",
        "scales",
        "scales.contract",
        "user_defined_fields",
    ),
    more_of_one=("classes.lessons", "classes.lessons.period", "classes.lessons.room"),
    filters={
        "has_class": Has(ClassEmployee, "employee_id", ("employees.classes.read",)),
        "has_group": Has(GroupEmployee, "employee_id", ("employees.groups.read",)),
        "has_contract": Has(
            Contract,
            "employee_id",
            (MAY_SEE_CONTRACTS,),
            which={"status": RecordStatus.CURRENT.value},
            if_any=True,
            says="Leaves nobody out where the school's data holds no contracts at all.",
        ),
        "has_role": Filter(with_role, ("employees.employment_details.role_text.read",)),
        "employment_start_after": started("employment_start_after", "gte"),
        "employment_start_before": started("employment_start_before", "lte"),
        "only_mis_ids": among("mis_id"),
    },
    on_request={
        "extra_ids": (Field("secondary_mis_id", is_kept=False), Field("tertiary_mis_id", is_kept=False)),
    },
    nested_order=("surname", "forename", "id"),
    wire_type="employee",
    about=(About("employee", "id"),),
)

RESOURCES = (EMPLOYEES,)
