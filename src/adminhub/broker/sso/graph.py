"""`/graphql/me`: what an app may know of who has logged in, in the shapes of Wonde's SSO."""

from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync, parse
from graphql.language import visit
from graphql.language.visitor import Visitor

from adminhub.broker.sso.people import Known, school_object

LONGEST_QUERY = 10_000
MOST_FIELDS = 300
PERSON = (
    "{ id: ID type: String title: String forename: String middle_names: String surname: String upi: String "
    "gender: String School: School ContactDetails: ContactDetails Photo: Photo }"
)
SCHEMA = build_schema(
    """
    type Query { Me: Me }
    type Me { id: ID first_name: String last_name: String email: String mobile: String School: School Person: Person }
    type School {
      id: ID name: String establishment_number: String la_code: String urn: Int address_line_1: String
      address_line_2: String address_town: String address_postcode: String country: String
    }
    union Person = Student | Employee | Contact
    type ContactDetails { email: String telephone_mobile: String }
    type Photo { id: ID content: String }
    """
    + "".join(f"type {kind} {PERSON} " for kind in ("Student", "Employee", "Contact"))
)


def answer(query: str, variables: dict[str, Any] | None, person: Known) -> dict[str, Any]:
    """The answer as GraphQL gives it: data, and errors with a message each."""
    if len(query) > LONGEST_QUERY:
        return {"errors": [{"message": f"A query has at most {LONGEST_QUERY:,} characters."}]}
    try:
        counter = _Fields()
        visit(parse(query, max_tokens=2_000), counter)
    except GraphQLError as problem:
        return {"errors": [{"message": problem.message}]}
    if counter.count > MOST_FIELDS:
        return {"errors": [{"message": f"A query asks for at most {MOST_FIELDS} fields."}]}
    result = graphql_sync(SCHEMA, query, root_value={"Me": _me(person)}, variable_values=variables)
    answered: dict[str, Any] = {"data": result.data}
    if result.errors:
        answered["errors"] = [{"message": error.message} for error in result.errors]
    return answered


class _Fields(Visitor):
    """Counts what a query asks for, aliases and all."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def enter_field(self, node: Any, *args: Any) -> None:
        self.count += 1


def _me(person: Known) -> dict[str, Any]:
    return {
        "id": str(person.user.pk),
        "first_name": person.user.first_name,
        "last_name": person.user.last_name,
        "email": person.user.email,
        "mobile": None,
        "School": school_object(person.school),
        "Person": _person(person),
    }


def _person(person: Known) -> dict[str, Any] | None:
    """Not there without the permission to know staff, or where the MIS knows nobody by this e-mail address."""
    employee = person.employee
    if employee is None:
        return None
    has_emails = "employees.contact_details.emails.read" in person.granted
    emails = employee.contact_details.get("emails") or {}
    return {
        "__typename": "Employee",
        "id": employee.broker_id,
        "type": "employee",
        "upi": employee.upi,
        **{
            field: person.of_employee(field)
            for field in ("title", "forename", "middle_names", "surname", "gender")
        },
        "School": school_object(person.school),
        "ContactDetails": {"email": emails.get("email"), "telephone_mobile": None} if has_emails else None,
        "Photo": None,
    }
