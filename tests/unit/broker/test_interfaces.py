"""Pulling from other systems' interfaces over real HTTP: everything, or nothing."""

import csv
import io
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adminhub.broker.apps.sealing import seal
from adminhub.broker.arrivals.errors import Unreachable
from adminhub.broker.arrivals.interfaces import arbor, bromcom, calling, edfi, oneroster
from adminhub.broker.arrivals.models import Channel
from adminhub.broker.arrivals.values import Files, NothingNew, Reading
from adminhub.mis import Roster, read
from tests.unit.broker.cast import a_upn
from tests.unit.mis import samples

SECRET = "hush hush"
Rows = dict[str, list[dict[str, Any]]]


class Server:
    """Answers GET by path, pages by limit and offset, and gives tokens to who knows the secret."""

    def __init__(self) -> None:
        self.rows: Rows = {}
        self.total, self.wraps, self.most = "X-Total-Count", True, 1000
        self.faults: list[Callable[[int, dict[str, str], bytes], tuple[int, dict[str, str], bytes]]] = []
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(*outer.list(self.path, self.headers.get("Authorization", "")))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                is_known = self.headers.get("Authorization", "").startswith("Basic ")
                self.answer(200 if is_known else 401, {}, b'{"access_token": "tok", "token_type": "bearer"}')

            def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                return

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self.http.server_port}"

    def list(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(path)
        self.asked.append(path)
        name, query = parts.path.rpartition("/")[2], parse_qs(parts.query)
        if not token.startswith("Bearer "):
            return 401, {}, b"{}"
        if name not in self.rows:
            return 404, {}, b"{}"
        start = int(query.get("offset", ["0"])[0])
        page = self.rows[name][start : start + min(self.most, int(query.get("limit", ["100"])[0]))]
        body = json.dumps({name: page} if self.wraps else page).encode()
        answer = 200, {self.total: str(len(self.rows[name]))} if self.total else {}, body
        return self.faults.pop(0)(*answer) if self.faults else answer


@pytest.fixture
def server(settings, monkeypatch) -> Iterator[Server]:
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    monkeypatch.setattr(calling, "WAITS", (0.0, 0.0))
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def a_channel(kind: str, **settings: str) -> Channel:
    return Channel(kind=kind, settings=settings, sealed_secret=seal(SECRET))


def as_json(format: str) -> Rows:
    """The sample's CSV tables as a service gives them: references as objects, lists as lists, roles in the users."""
    rows: Rows = {}
    for name, content in samples.zip_entries(samples.sample(format)).items():
        table = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
        rows[name.removesuffix(".csv")] = [
            dict(_field(key, value) for key, value in row.items() if value) for row in table
        ]
    for role in rows.pop("roles", []):
        user = next(user for user in rows["users"] if user["sourcedId"] == role["user"]["sourcedId"])
        user.setdefault("roles", []).append(role)
    return rows


_REST_NAMES = {"preferredGivenName": "preferredFirstName", "preferredFamilyName": "preferredLastName"}


def _field(key: str, value: str) -> tuple[str, Any]:
    key = _REST_NAMES.get(key, key)
    if key == "userIds":
        pairs = re.findall(r"\{([^:{}]+):([^{}]*)\}", value)
        return key, [{"type": kind, "identifier": number} for kind, number in pairs]
    if key.endswith("SourcedIds"):
        return key.removesuffix("SourcedIds") + "s", [
            {"sourcedId": part.strip()} for part in value.split(",")
        ]
    if key.endswith("SourcedId"):
        return key.removesuffix("SourcedId"), {"sourcedId": value}
    return (key, value.split(",")) if key in ("grades", "subjects") else (key, value)


def a_oneroster(server: Server, format: str = "oneroster-1.1") -> Channel:
    server.rows = as_json(format)
    return a_channel(
        "oneroster",
        base_url=server.address,
        version=format.removeprefix("oneroster-"),
        token_url=f"{server.address}/token",
        client_id="broker",
    )


def as_read(found: object) -> Roster:
    assert isinstance(found, Files)
    return read(found.paths, as_at=samples.AS_AT)


@pytest.mark.parametrize("format", ["oneroster-1.1", "oneroster-1.2"])
def test_a_oneroster_service_gives_the_same_roster_as_its_csv(format, server, tmp_path):
    channel = a_oneroster(server, format)
    server.most = 37  # fewer than are asked for
    pulled = as_read(oneroster.fetch(channel, tmp_path))
    expected = samples.read_sample(samples.sample(format))
    assert pulled.format == format
    assert pulled.pupils == expected.pupils
    assert pulled.employees == expected.employees
    assert pulled.classes == expected.classes


def test_the_same_data_again_is_nothing_new(server, tmp_path):
    channel = a_oneroster(server)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    found = oneroster.fetch(channel, tmp_path / "a")
    assert isinstance(found, Files)
    channel.marker = found.marker
    assert isinstance(oneroster.fetch(channel, tmp_path / "b"), NothingNew)


def busy(status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 503, {"Retry-After": "0"}, b"busy"


def cut(status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return status, headers, body[: len(body) // 2]


def one_more(status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return status, {"X-Total-Count": str(int(headers["X-Total-Count"]) + 1)}, body


def test_a_busy_server_is_asked_again(server, tmp_path):
    channel = a_oneroster(server)
    server.faults = [busy, busy]
    assert as_read(oneroster.fetch(channel, tmp_path)).pupils


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ([busy] * 3, "stopped answering"),
        ([cut], "cut short"),
        ([one_more] * 2, "changed while it was read"),
    ],
)
def test_a_pull_that_is_not_whole_gives_nothing(faults, said, server, tmp_path):
    channel = a_oneroster(server)
    server.faults = list(faults)
    with pytest.raises(Unreachable, match=said) as trouble:
        oneroster.fetch(channel, tmp_path)
    assert SECRET not in str(trouble.value)


def test_without_a_total_a_list_ends_with_an_empty_page_only(server, tmp_path):
    channel = a_oneroster(server)
    server.total, server.most = "", 50
    assert (
        as_read(oneroster.fetch(channel, tmp_path)).counts
        == samples.read_sample(samples.sample("oneroster-1.1")).counts
    )


def test_a_server_that_gives_the_same_page_for_ever_is_not_believed(server, tmp_path):
    channel = a_oneroster(server)
    page = json.dumps({"orgs": server.rows["orgs"]}).encode()
    server.faults = [lambda *_: (200, {}, page), lambda *_: (200, {}, page)]
    with pytest.raises(Unreachable, match="came twice"):
        oneroster.fetch(channel, tmp_path)


def test_an_address_without_https_or_of_our_own_network_is_not_called(server, settings, tmp_path):
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = False
    channel = a_oneroster(server)
    with pytest.raises(Unreachable, match="not https"):
        oneroster.fetch(channel, tmp_path)
    channel.settings["token_url"] = server.address.replace("http:", "https:")
    with pytest.raises(Unreachable, match="private address"):
        oneroster.fetch(channel, tmp_path)
    assert server.asked == []


class Bromcom(Server):
    """Gives the sample's pages."""

    def list(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        parts = urlsplit(path)
        page = parse_qs(parts.query)["entityFilter"][0]
        file = f"{parts.path.rpartition('/')[2]}.page{re.findall(r'[0-9]+', page)[0]}.json"
        answer = 200, {}, (samples.sample("bromcom") / file).read_bytes()
        return self.faults.pop(0)(*answer) if self.faults else answer


@pytest.fixture
def bromcom_server(settings, monkeypatch) -> Iterator[Server]:
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    monkeypatch.setattr(calling, "WAITS", (0.0, 0.0))
    found = Bromcom()
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_bromcom_gives_the_same_roster_as_its_saved_pages(bromcom_server, tmp_path):
    channel = a_channel("bromcom", base_url=bromcom_server.address, school_id="9992197")
    pulled = as_read(bromcom.fetch(channel, tmp_path))
    expected = samples.read_sample(samples.sample("bromcom"))
    assert (pulled.pupils, pulled.employees, pulled.classes) == (
        expected.pupils,
        expected.employees,
        expected.classes,
    )
    assert "schoolId=9992197" in bromcom_server.asked[0]


def test_bromcom_saying_that_it_failed_gives_nothing(bromcom_server, tmp_path):
    bromcom_server.faults = [lambda *_: (200, {}, b'{"success": false, "message": "busy"}')]
    channel = a_channel("bromcom", base_url=bromcom_server.address, school_id="1")
    with pytest.raises(Unreachable, match="StudentFlatView failed"):
        bromcom.fetch(channel, tmp_path)


def ed_fi_rows() -> Rows:
    """One school with Kit and Kim in Year 7 maths, taught by Ben, and a pupil of another school."""
    school = {"schoolReference": {"schoolId": 7}}
    offering = {"localCourseCode": "MA-7", "schoolId": 7, "schoolYear": 2026, "sessionName": "Autumn"}
    section = {"sectionReference": {"sectionIdentifier": "7x", **offering}}
    ben = {"staffReference": {"staffUniqueId": "T1"}}
    mail = {"electronicMailAddress": "ben@oakhill.example"}

    def kit_or_kim(number: int) -> dict[str, Any]:
        return {"studentReference": {"studentUniqueId": f"{number}"}}

    def person(number: int, forename: str) -> dict[str, Any]:
        born = {"birthDate": "2014-04-03", "birthSexDescriptor": "uri://ed-fi.org/SexDescriptor#Female"}
        names = {"firstName": forename, "lastSurname": "Ray"}
        return {"id": f"s{number}", "studentUniqueId": f"{number}", **names, **born}

    def at(number: int, where: dict[str, Any], **more: str) -> dict[str, Any]:
        grade = {"entryGradeLevelDescriptor": "uri://ed-fi.org/GradeLevelDescriptor#Seventh grade"}
        entry = {"id": f"a{number}{more}", "entryDate": "2025-09-01"}
        return {**entry, **kit_or_kim(number), **where, **grade, **more}

    return {
        "schools": [{"id": "x", "schoolId": 7, "nameOfInstitution": "Oak Hill School"}],
        "students": [person(1, "Kit"), person(2, "Kim"), person(3, "Jo")],
        "studentSchoolAssociations": [
            at(1, school, exitWithdrawDate="2025-10-01", entryDate="2025-01-01"),
            at(1, school),
            at(2, school),
            at(3, {"schoolReference": {"schoolId": 8}}),
        ],
        "staffs": [
            {
                "id": "t",
                "staffUniqueId": "T1",
                "firstName": "Ben",
                "lastSurname": "Oduya",
                "electronicMails": [mail],
            }
        ],
        "staffSchoolAssociations": [{"id": "ts", **ben, **school}],
        "sections": [
            {
                "id": "c",
                "sectionIdentifier": "7x",
                "sectionName": "7x/Ma",
                "courseOfferingReference": offering,
            }
        ],
        "studentSectionAssociations": [{"id": f"m{n}", **kit_or_kim(n), **section} for n in (1, 2)],
        "staffSectionAssociations": [{"id": "l", **ben, **section}],
    }


def test_an_ed_fi_ods_gives_one_schools_people_and_sections(server, tmp_path):
    server.rows, server.wraps, server.total = ed_fi_rows(), False, "Total-Count"
    channel = a_channel("edfi", base_url=server.address, client_id="broker", school_id="7")
    found = edfi.fetch(channel, tmp_path)
    assert isinstance(found, Reading)
    roster = found.roster
    assert [(p.mis_id, p.legal_forename, p.year_group, p.sex, p.status) for p in roster.pupils] == [
        ("1", "Kit", "7", "F", "on_roll"),
        ("2", "Kim", "7", "F", "on_roll"),
    ]
    assert [(group.name, group.pupils, group.employees) for group in roster.classes] == [
        ("7x/Ma", ("1", "2"), ("T1",))
    ]
    assert roster.employees[0].email == "ben@oakhill.example"
    assert roster.rejects == ()
    assert "/data/v3/ed-fi/schools" in server.asked[0]


def test_an_ed_fi_resource_that_is_missing_gives_nothing(server, tmp_path):
    server.rows, server.wraps, server.total = ed_fi_rows(), False, "Total-Count"
    del server.rows["sections"]
    channel = a_channel("edfi", base_url=server.address, client_id="broker", school_id="7")
    with pytest.raises(Unreachable, match="answered 404"):
        edfi.fetch(channel, tmp_path)


class Arbor(Server):
    """Gives one school's rows by pages, and its change feed."""

    revision = 7

    def list(self, path: str, token: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(path)
        parts = urlsplit(path)
        query = parse_qs(parts.query)
        if not token.startswith("Basic "):
            return 401, {}, b"{}"
        if parts.path.endswith("/changelog"):
            is_new = int(query.get("from-revision", ["0"])[0]) < self.revision
            changes = [{"changeType": "update", "toRevision": self.revision}] if is_new else []
            return 200, {}, json.dumps({"changes": changes}).encode()
        name = parts.path.rpartition("/")[2]
        if parts.path.startswith("/rest-v2/persons/"):
            return 200, {}, json.dumps({"person": ARBOR_PEOPLE[name]}).encode()
        start = (int(query["page"][0]) - 1) * self.most
        page = {name[0].lower() + name[1:]: self.rows.get(name, [])[start : start + self.most]}
        answer = 200, {}, json.dumps(page).encode()
        return self.faults.pop(0)(*answer) if self.faults else answer


def at(kind: str, number: int | str) -> dict[str, Any]:
    return {"href": f"/rest-v2/{kind}/{number}"}


def day(text: str) -> dict[str, str]:
    return {"entityType": "date", "date": f"{text} 00:00:00"}


KIT = {
    **at("persons", "1"), "legalFirstName": "Kit", "legalLastName": "Ray", "dateOfBirth": day("2014-04-03"),
    "gender": at("genders", "FEMALE"),
}  # fmt: skip
ARBOR_PEOPLE = {"2": {**KIT, **at("persons", "2"), "legalFirstName": "Kim"}}


def arbor_rows() -> Rows:
    """Kit and Kim, of whom Kim's person is only referred to, an applicant, Ben, a form and a class."""
    since = {"startDate": day("2025-09-01")}
    kit, kim, ben = at("students", 16), at("students", 17), at("staff", 5)
    form, maths = at("registration-forms", 1), at("academic-units", 9)
    person = {**at("persons", "3"), "legalFirstName": "Ben", "legalLastName": "Oduya"}
    return {
        "Students": [
            {**kit, "person": KIT},
            {**kim, "person": at("persons", "2")},
            {**at("students", 18), "person": {**KIT, **at("persons", "8")}},
        ],
        "SchoolEnrolments": [
            {**at("school-enrolments", 1), "student": kit, **since},
            {**at("school-enrolments", 2), "student": kim, **since},
            {
                **at("school-enrolments", 3),
                "student": kim,
                "startDate": day("2020-09-01"),
                "endDate": day("2021-07-20"),
            },
        ],
        "UkDfe_UpnAssignments": [{**at("upns", 1), "student": kit, "upn": a_upn(1)}],
        "AcademicLevels": [{**at("academic-levels", 7), "displayName": "Year 7"}],
        "AcademicLevelMemberships": [
            {**at("m", 1), "student": kit, "academicLevel": at("academic-levels", 7), **since}
        ],
        "RegistrationForms": [{**form, "registrationFormName": "7A"}],
        "RegistrationFormMemberships": [{**at("rm", 1), "student": kit, "registrationForm": form, **since}],
        "Staffs": [{**ben, "person": person}],
        "StaffContracts": [{**at("c", 1), "staff": ben, **since}],
        "AcademicUnits": [
            {**maths, "academicUnitName": "7x/Ma"},
            {**at("academic-units", 8), "academicUnitName": "Ma"},
        ],
        "AcademicUnitEnrolments": [
            {**at("e", number), "student": who, "academicUnit": maths, **since}
            for number, who in ((1, kit), (2, kim))
        ],
        "AcademicUnitLeads": [{**at("l", 1), "staff": ben, "academicUnit": maths, **since}],
        "EmailAddresses": [
            {**at("x", 1), "emailAddressOwner": at("persons", "3"), "emailAddress": "ben@oakhill.example"}
        ],
    }


@pytest.fixture
def arbor_server(settings, monkeypatch) -> Iterator[Arbor]:
    settings.BROKER_MAY_REACH_PRIVATE_HOSTS = True
    monkeypatch.setattr(calling, "WAITS", (0.0, 0.0))
    found = Arbor()
    found.rows, found.most = arbor_rows(), 2
    yield found
    found.http.shutdown()
    found.http.server_close()


def test_arbor_gives_its_people_forms_and_classes(arbor_server, tmp_path):
    channel = a_channel("arbor", base_url=arbor_server.address, client_id="broker")
    found = arbor.fetch(channel, tmp_path)
    assert isinstance(found, Reading)
    roster = found.roster
    assert roster.format == "arbor"
    assert [
        (p.mis_id, p.legal_forename, p.year_group, p.registration_group, p.sex) for p in roster.pupils
    ] == [
        ("16", "Kit", "7", "7A", "F"),
        ("17", "Kim", None, None, "F"),
    ]
    assert {(group.name, group.pupils, group.employees) for group in roster.classes} == {
        ("7A", ("16",), ()),
        ("7x/Ma", ("16", "17"), ("5",)),
    }
    assert [person.email for person in roster.employees] == ["ben@oakhill.example"]
    assert [issue.message for issue in roster.issues] == [
        "1 of them were never enrolled here, applicants for instance, and were left out."
    ]


def test_arbors_change_feed_says_when_there_is_nothing_to_pull(arbor_server, tmp_path):
    channel = a_channel("arbor", base_url=arbor_server.address, client_id="broker")
    found = arbor.fetch(channel, tmp_path)
    assert isinstance(found, Reading)
    channel.marker = found.marker
    arbor_server.asked.clear()
    assert isinstance(arbor.fetch(channel, tmp_path), NothingNew)
    assert all("/changelog" in path for path in arbor_server.asked)
    arbor_server.revision += 1
    assert isinstance(arbor.fetch(channel, tmp_path), Reading)


def test_an_arbor_page_that_is_cut_gives_nothing(arbor_server, tmp_path):
    arbor_server.faults = [lambda status, headers, body: (status, headers, body[:-9])]
    channel = a_channel("arbor", base_url=arbor_server.address, client_id="broker")
    with pytest.raises(Unreachable, match="cut short"):
        arbor.fetch(channel, tmp_path)
