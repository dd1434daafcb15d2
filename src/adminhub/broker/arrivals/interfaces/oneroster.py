"""A OneRoster 1.1 or 1.2 REST service, pulled whole and written as the CSV files of that version."""

import csv
import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from adminhub.broker.arrivals.interfaces.calling import Caller, NotThere, all_rows
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Fetched, Files, NothingNew

Row = Mapping[str, Any]
Cell = Callable[[Row], str]
SIZE = 1000
# OneRoster 1.1 §3.2 and 1.2 rostering §4: below the service's address.
BASES = {"1.1": "/ims/oneroster/v1p1", "1.2": "/ims/oneroster/rostering/v1p2"}
SCOPES = " ".join(
    f"https://purl.imsglobal.org/spec/or/{{version}}/scope/{name}.readonly"
    for name in ("roster-core", "roster", "roster-demographics")
)


def fetch(channel: Channel, target: Path) -> Fetched:
    """Everything the service has, as files. Raises Unreachable where a page is missing, and nothing is read then."""
    asked = channel.settings
    version = asked["version"]
    with Caller(_base(asked["base_url"], version)) as caller:
        caller.sign_in(
            asked["token_url"],
            client_id=asked["client_id"],
            secret=channel.secret,
            scope=SCOPES.format(version=f"v{version.replace('.', 'p')}"),
        )
        digest = hashlib.sha256(date.today().isoformat().encode())
        for name, columns in _tables(version).items():
            rows = all_rows(caller, name, key=name, identity="sourcedId", total="X-Total-Count", size=SIZE)
            _write(target, name, columns, rows, digest, is_optional=name == "demographics")
            if name == "users" and version == "1.2":
                _write_roles(target, digest)
    _write_manifest(target, version)
    if digest.hexdigest() == channel.marker:
        return NothingNew("The same data as the last time today.")
    return Files((target,), digest.hexdigest())


def _base(address: str, version: str) -> str:
    """The rostering address: as given where it names one, or else below the server's."""
    return address if "/ims/oneroster" in address else address.rstrip("/") + BASES[version]


def _write(
    target: Path,
    name: str,
    columns: Mapping[str, Cell],
    rows: Iterable[Row],
    digest: Any,
    *,
    is_optional: bool,
) -> None:
    """One table, a row at a time. What a service need not have is left out where it has it not."""
    path = target / f"{name}.csv"
    roles: list[tuple[str, ...]] = []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        try:
            for row in rows:
                cells = [cell(row) for cell in columns.values()]
                writer.writerow(cells)
                digest.update("\x1f".join(cells).encode())
                if name == "users":
                    roles.extend(_roles(row))
        except NotThere:
            if not is_optional:
                raise
    if is_optional and path.stat().st_size <= len(",".join(columns)) + 2:
        path.unlink()
    if name == "users" and roles:
        (target / "roles.part").write_text("\n".join("\x1f".join(role) for role in roles), encoding="utf-8")


def _write_roles(target: Path, digest: Any) -> None:
    """1.2 keeps what a user is, where and between which days in a table of its own."""
    part = target / "roles.part"
    text = part.read_text(encoding="utf-8") if part.exists() else ""
    part.unlink(missing_ok=True)
    digest.update(text.encode())
    with (target / "roles.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(_ROLE_COLUMNS)
        for number, line in enumerate(text.split("\n") if text else []):
            user, kind, role, begin, end, org = line.split("\x1f")
            writer.writerow((f"role-{number}", "", "", user, kind, role, begin, end, org, ""))


def _roles(row: Row) -> list[tuple[str, ...]]:
    found = row.get("roles")
    return [
        tuple(
            _plain(value)
            for value in (
                row.get("sourcedId"),
                role.get("roleType"),
                role.get("role"),
                role.get("beginDate"),
                role.get("endDate"),
                (role.get("org") or {}).get("sourcedId"),
            )
        )
        for role in (found if isinstance(found, list) else [])
        if isinstance(role, dict)
    ]


def _write_manifest(target: Path, version: str) -> None:
    lines = [("propertyName", "value"), ("manifest.version", "1.0"), ("oneroster.version", version)]
    lines += [(f"file.{path.stem}", "bulk") for path in sorted(target.glob("*.csv"))]
    with (target / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def _plain(value: Any) -> str:
    """A value as a cell: lists by commas, booleans in small letters, nothing for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(_plain(each) for each in value if not isinstance(each, dict))
    if value is None or isinstance(value, dict):
        return ""
    return " ".join(str(value).split())


def _of(name: str) -> Cell:
    return lambda row: _plain(row.get(name))


def _ref(name: str) -> Cell:
    """The id of one thing that is referred to, or of several."""

    def read(row: Row) -> str:
        value = row.get(name)
        found = value if isinstance(value, list) else [value]
        return ",".join(_plain(each.get("sourcedId")) for each in found if isinstance(each, dict))

    return read


def _user_ids(row: Row) -> str:
    found = row.get("userIds")
    return ",".join(
        f"{{{_plain(each.get('type'))}:{_plain(each.get('identifier'))}}}"
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    )


_COMMON = {name: _of(name) for name in ("sourcedId", "status", "dateLastModified")}
_ROLE_COLUMNS = (
    "sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate",
    "orgSourcedId", "userProfileSourcedId",
)  # fmt: skip


def _named(*names: str) -> dict[str, Cell]:
    return {name: _of(name) for name in names}


def _tables(version: str) -> dict[str, dict[str, Cell]]:
    """The tables in reading order, with what stands in each column of the version's CSV."""
    users = (
        {
            **_named("enabledUser"),
            "orgSourcedIds": _ref("orgs"),
            **_named("role", "username"),
            "userIds": _user_ids,
            **_named("givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
            "agentSourcedIds": _ref("agents"),
            **_named("grades"),
        }
        if version == "1.1"
        else {
            **_named("enabledUser", "username"),
            "userIds": _user_ids,
            **_named("givenName", "familyName", "middleName", "identifier", "email", "sms", "phone"),
            "agentSourcedIds": _ref("agents"),
            **_named("grades", "userMasterIdentifier"),
            "preferredGivenName": _of("preferredFirstName"),
            "preferredFamilyName": _of("preferredLastName"),
            "primaryOrgSourcedId": _ref("primaryOrg"),
        }
    )
    return {
        "orgs": _COMMON | _named("name", "type", "identifier") | {"parentSourcedId": _ref("parent")},
        "academicSessions": _COMMON
        | _named("title", "type", "startDate", "endDate")
        | {"parentSourcedId": _ref("parent"), **_named("schoolYear")},
        "courses": _COMMON
        | {"schoolYearSourcedId": _ref("schoolYear"), **_named("title", "courseCode", "grades")}
        | {"orgSourcedId": _ref("org"), **_named("subjects", "subjectCodes")},
        "classes": _COMMON
        | {**_named("title", "grades"), "courseSourcedId": _ref("course")}
        | {**_named("classCode", "classType", "location"), "schoolSourcedId": _ref("school")}
        | {"termSourcedIds": _ref("terms"), **_named("subjects", "subjectCodes", "periods")},
        "users": _COMMON | users,
        "enrollments": _COMMON
        | {"classSourcedId": _ref("class"), "schoolSourcedId": _ref("school"), "userSourcedId": _ref("user")}
        | _named("role", "primary", "beginDate", "endDate"),
        "demographics": _COMMON | _named("birthDate", "sex"),
    }
