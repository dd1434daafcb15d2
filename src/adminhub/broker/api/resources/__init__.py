"""The resources of the School Data API v1.0 that we serve, as wonde-api §2 lists them: a module for each family.

A family joins by naming its `RESOURCES` here; whatever refers to another family does so by the resource's name.
"""

from adminhub.broker.api.declarations import Resource
from adminhub.broker.api.resources import (
    assessment,
    attendance,
    conduct,
    contacts,
    detentions,
    employees,
    health,
    people,
    school_life,
    staff_records,
    support,
    teaching,
    timetable,
)

FAMILIES = (
    people.RESOURCES,
    employees.RESOURCES,
    staff_records.RESOURCES,
    contacts.RESOURCES,
    teaching.RESOURCES,
    timetable.RESOURCES,
    attendance.RESOURCES,
    conduct.RESOURCES,
    detentions.RESOURCES,
    health.RESOURCES,
    assessment.RESOURCES,
    school_life.RESOURCES,
    support.RESOURCES,
)

RESOURCES: dict[str, Resource] = {resource.name: resource for family in FAMILIES for resource in family}
