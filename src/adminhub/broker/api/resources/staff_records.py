"""What is kept of staff beside the roster, each to be included with a member of staff (wonde-api §2.2)."""

from adminhub.broker.api.declarations import About, Field, Nothing, Relation, Resource, Through
from adminhub.broker.api.resources.attendance import CHANGES
from adminhub.broker.api.resources.parts import PAY
from adminhub.broker.records.models import (
    Contract,
    EmploymentCheck,
    LineManager,
    Qualification,
    StaffRole,
)

OF_EMPLOYEE = (About("employee", "employee_id"),)
MAY_SEE_CONTRACTS = "employees.contracts.read"
MAY_SEE_ROLES = "employees.roles.read"

CONTRACTS = Resource(
    name="employee-contracts",
    model=Contract,
    permission=MAY_SEE_CONTRACTS,
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("employment_type"),
        Field("start_date", "day"),
        Field("end_date", "day"),
        *CHANGES,
    ),
    relations=(
        Relation("roles", "employee-roles", (MAY_SEE_ROLES,), Through(StaffRole, "contract_id", "id")),
    ),
    nothing=(Nothing("salary", PAY),),
    nested_order=("start_date", "id"),
    about=OF_EMPLOYEE,
    is_listed=False,
)

ROLES = Resource(
    name="employee-roles",
    model=StaffRole,
    permission=MAY_SEE_ROLES,
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("role"),
        Field("contract", "id", MAY_SEE_CONTRACTS, column="contract_id"),
        Field("start_date", "day"),
        Field("end_date", "day"),
        *CHANGES,
    ),
    relations=(Relation("contract", "employee-contracts", (MAY_SEE_CONTRACTS,), "contract_id"),),
    nested_order=("start_date", "id"),
    about=OF_EMPLOYEE,
    is_listed=False,
)

QUALIFICATIONS = Resource(
    name="employee-qualifications",
    model=Qualification,
    permission="employees.qualifications.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("qualification"),
        Field("subject"),
        Field("awarded_date", "day"),
        *CHANGES,
    ),
    nested_order=("awarded_date", "id"),
    about=OF_EMPLOYEE,
    is_listed=False,
)

CHECKS = Resource(
    name="employment-checks",
    model=EmploymentCheck,
    permission="employees.employment_checks.read",
    fields=(Field("id", "id"), Field("mis_id"), Field("type"), Field("done_date", "day"), *CHANGES),
    nested_order=("done_date", "id"),
    about=OF_EMPLOYEE,
    is_listed=False,
)

KEPT_OF_EMPLOYEE = (
    Relation("contracts", CONTRACTS.name, (MAY_SEE_CONTRACTS,), Through(Contract, "employee_id", "id")),
    Relation("roles", ROLES.name, (MAY_SEE_ROLES,), Through(StaffRole, "employee_id", "id")),
    Relation(
        "qualifications",
        QUALIFICATIONS.name,
        (QUALIFICATIONS.permission,),
        Through(Qualification, "employee_id", "id"),
    ),
    Relation(
        "employment_checks", CHECKS.name, (CHECKS.permission,), Through(EmploymentCheck, "employee_id", "id")
    ),
    Relation(
        "hierarchy",
        "employees",
        ("employees.hierarchy.read",),
        Through(LineManager, "employee_id", "manager_id"),
    ),
)

RESOURCES = (CONTRACTS, ROLES, QUALIFICATIONS, CHECKS)
