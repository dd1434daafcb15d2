"""What the demo schools keep of their staff beside the roster, from contracts to who leads whom."""

from datetime import date, timedelta

from adminhub.broker.records.models import (
    Contract,
    EmploymentCheck,
    LineManager,
    Qualification,
    StaffRole,
)
from adminhub.broker.sources.models import Employee
from adminhub.runtime.demo.school_day import Day

EMPLOYMENTS = ("Permanent", "Permanent", "Permanent", "Fixed term", "Casual")
SUBJECTS = ("Mathematics", "English", "History", "Biology", "Music", "Geography")
CHECKS = ("Identity", "Right to work", "Disclosure and barring")
LED_BY_ONE = 8


def add_staff_records(day: Day) -> None:
    """Invent them; what the school's export says of somebody's first day and role stays as it is there."""
    contracts = day.keep(_contract(day, person) for person in day.employees)
    day.keep(
        StaffRole(
            employee=person,
            contract=contract,
            role=person.employment_details.get("role_text") or "Member of staff",
            start_date=contract.start_date,
        )
        for person, contract in zip(day.employees, contracts, strict=True)
    )
    day.keep(_qualification(day, person) for person in day.employees)
    day.keep(
        EmploymentCheck(
            employee=contract.employee, type=kind, done_date=contract.start_date - timedelta(days=20)
        )
        for contract in contracts
        for kind in CHECKS
    )
    day.keep(
        LineManager(employee=person, manager=day.employees[(place - 1) // LED_BY_ONE])
        for place, person in enumerate(day.employees)
        if place
    )


def _contract(day: Day, person: Employee) -> Contract:
    said = person.employment_details.get("employment_start_date")
    first_day = date.fromisoformat(said) if said else day.before(4000)
    kind = day.rng.choice(EMPLOYMENTS)
    return Contract(
        employee=person,
        employment_type=kind,
        start_date=first_day,
        end_date=max(first_day, day.today) + timedelta(days=200) if kind == "Fixed term" else None,
    )


def _qualification(day: Day, person: Employee) -> Qualification:
    return Qualification(
        employee=person,
        qualification="Degree",
        subject=day.rng.choice(SUBJECTS),
        awarded_date=day.before(9000),
    )
