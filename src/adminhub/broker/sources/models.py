"""Each school's MIS link and its records as last published. Written by `publish`, set by set; read by the API."""

from typing import Any, ClassVar, TypeVar

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models

from adminhub.broker.directory.models import School, User
from adminhub.broker.directory.scope import current_school_id

M = TypeVar("M", bound=models.Model, covariant=True)


class Details(models.JSONField):
    """A JSON object, read with msgspec: a page of the API reads a thousand of them."""

    def from_db_value(self, value: Any, expression: Any, database: Any) -> Any:
        return (
            msgspec.json.decode(value)
            if isinstance(value, str)
            else super().from_db_value(value, expression, database)
        )

    def deconstruct(self) -> Any:
        """The same column as a plain JSONField, so no migration tells them apart."""
        name, _, positional, named = super().deconstruct()
        return name, "django.db.models.JSONField", positional, named


def wire_id(record_id: int) -> str:
    """The id the API shows for a record."""
    return f"A{record_id}"


class SchoolOwnedManager(models.Manager[M]):
    """Reads only the school in scope; raises NoSchoolInScope when there is none."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(school_id=current_school_id())


class UploadManager(models.Manager["SourceUpload"]):
    """The same for uploads, whose school is their source's."""

    def get_queryset(self) -> models.QuerySet["SourceUpload"]:
        return super().get_queryset().filter(source__school_id=current_school_id())


class SchoolOwned(models.Model):
    """A row of one school's records. Its table must be named in a `school_rows_only` migration."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+", db_index=False)

    objects: ClassVar[SchoolOwnedManager] = SchoolOwnedManager()  # type: ignore[type-arg]

    class Meta:
        abstract = True


class Source(models.Model):
    """A school's MIS link. missing ─publish─▶ ok ⇄ held (a person must look) | failing (could not be read).

    Held and failing change nothing that is served: the last good data stays. It names nobody, and apps and
    operators see it across schools, so it stands outside the school's scope.
    """

    class State(models.TextChoices):
        MISSING = "missing", "No data yet"
        OK = "ok", "Working"
        HELD = "held", "On hold"
        FAILING = "failing", "Not readable"

    school = models.OneToOneField(School, on_delete=models.CASCADE, related_name="source")
    format = models.CharField(max_length=40, blank=True, help_text="As adminhub.mis names it")
    state = models.CharField(max_length=10, choices=State.choices, default=State.MISSING)
    message = models.TextField(blank=True, help_text="Why it is held or failing, and what to do")
    counts = models.JSONField(default=dict, blank=True)
    as_at = models.DateField(null=True, blank=True)
    content_hash = models.BinaryField(max_length=32, null=True, blank=True)
    has_timetable = models.BooleanField(default=False)
    contacts_hash = models.BinaryField(max_length=32, null=True, blank=True)
    is_joined = models.BooleanField(
        default=False, help_text="Made of files that come at different times; each replaces its own part"
    )
    believed = models.JSONField(
        default=dict, blank=True, help_text="Which format comes first for pupils, staff, groups, classes"
    )
    last_published_at = models.DateTimeField(
        null=True, blank=True, help_text="Last good reading, changed or not"
    )
    last_changed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["school_id"]

    def __str__(self) -> str:
        return f"source of school {self.school_id}"

    @property
    def is_online(self) -> bool:
        """The API may say the school is online: its data could be read, though the latest may be on hold."""
        return self.state in ANSWERING


ANSWERING = (Source.State.OK, Source.State.HELD)


class SourceUpload(models.Model):
    """One reading of a school's MIS data, good or not."""

    class Outcome(models.TextChoices):
        PUBLISHED = "published", "Published"
        UNCHANGED = "unchanged", "Nothing had changed"
        HELD = "held", "On hold"
        REFUSED = "refused", "Not readable"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="uploads")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    format = models.CharField(max_length=40, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    changes = models.JSONField(
        default=dict, blank=True, help_text="Per kind: created, updated, gone, returned"
    )
    reasons = models.JSONField(default=list, blank=True, help_text="Why it was held or refused, in sentences")
    issues = models.JSONField(default=list, blank=True, help_text="The first remarks of the reader")
    quality = models.JSONField(default=dict, blank=True, help_text="How much each check of the report found")
    issue_count = models.PositiveIntegerField(default=0)
    reject_count = models.PositiveIntegerField(default=0)
    milliseconds = models.PositiveIntegerField(default=0)

    objects: ClassVar[UploadManager] = UploadManager()

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"upload {self.pk}"


class QualityFinding(SchoolOwned):
    """One line of the quality report of the school's latest reading; the next reading's report replaces them all."""

    id = models.BigAutoField(primary_key=True)
    upload = models.ForeignKey(SourceUpload, on_delete=models.CASCADE, related_name="findings")
    found_by = models.CharField(max_length=40, help_text="The check, as quality.CHECKS names it")
    mis_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=700, blank=True)
    place = models.CharField(max_length=300, blank=True, help_text="Form, role, subject, or line of a file")
    detail = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["school", "found_by", "id"], name="findings_by_check")]

    def __str__(self) -> str:
        return f"finding {self.pk}"


class ColumnProfile(SchoolOwned):
    """What somebody said the columns of a table of the school's own hold; used for every file with these headings."""

    class Kind(models.TextChoices):
        PUPILS = "pupils", "Pupils"
        EMPLOYEES = "employees", "Staff"
        CLASS_LIST = "class-list", "Who is in which class"

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    system = models.CharField(
        max_length=20, blank=True, help_text="The MIS it comes from, as adminhub.mis names it"
    )
    columns = models.JSONField(help_text="Which field each heading holds")
    fingerprint = models.CharField(max_length=64, help_text="Of the headings, all of them")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "fingerprint"], name="headings_have_one_profile"),
        ]

    def __str__(self) -> str:
        return f"profile {self.pk}"


class SourcePart(SchoolOwned):
    """What the last good files of one format held, for a source that is made of several; read, never the files."""

    id = models.BigAutoField(primary_key=True)
    system = models.CharField(max_length=20, help_text="The format without its version")
    format = models.CharField(max_length=40)
    roster = models.BinaryField(help_text="The reading, as msgpack")
    counts = models.JSONField(default=dict)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "system"], name="a_system_gives_one_part"),
        ]

    def __str__(self) -> str:
        return f"part {self.pk}"


class TableDraft(SchoolOwned):
    """A table somebody is saying the columns of. Its file is kept until they have, or for a day."""

    id = models.BigAutoField(primary_key=True)
    file_name = models.CharField(max_length=100)
    content = models.BinaryField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return f"draft {self.pk}"


class RecordStatus(models.TextChoices):
    """Where a record stands. Only `current` ones are served as students, employees, classes and groups."""

    CURRENT = "current", "Current"
    LEFT = "left", "Left"
    FUTURE = "future", "Starts later"
    GONE = "gone", "No longer in the MIS"


PUPIL_TYPES = {
    RecordStatus.CURRENT: "student",
    RecordStatus.LEFT: "student-leaver",
    RecordStatus.FUTURE: "student-pre-admission",
}
"""The three lists a pupil can be in, by the word the deletions have for them."""


class Record(SchoolOwned):
    """What every record has. Its id is given once per school and MIS id and never given again."""

    id = models.BigIntegerField(primary_key=True)
    mis_id = models.CharField(max_length=200)
    status = models.CharField(max_length=8, choices=RecordStatus.choices)
    row_hash = models.BinaryField(max_length=16, help_text="Of everything an app can see, memberships too")
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def broker_id(self) -> str:
        return wire_id(self.id)


class Person(Record):
    """What pupils and employees have in common. Details are kept as the API's include objects."""

    upi = models.CharField(max_length=32)
    title = models.CharField(max_length=60, null=True, blank=True)
    initials = models.CharField(max_length=20, null=True, blank=True)
    surname = models.CharField(max_length=300, null=True, blank=True)
    forename = models.CharField(max_length=300, null=True, blank=True)
    middle_names = models.CharField(max_length=300, null=True, blank=True)
    legal_surname = models.CharField(max_length=300, null=True, blank=True)
    legal_forename = models.CharField(max_length=300, null=True, blank=True)
    gender = models.CharField(max_length=20, null=True, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    contact_details = Details(default=dict)
    identifiers = Details(default=dict)

    class Meta:
        abstract = True


class Group(Record):
    """A registration group, year group or house; or one of those that no export names (`BESIDE_EXPORTS`)."""

    class Type(models.TextChoices):
        REGISTRATION = "REGISTRATION", "Registration group"
        YEAR = "YEAR", "Year group"
        HOUSE = "HOUSE", "House"
        BOARDING = "BOARDING", "Boarding house"
        CAMPUS = "CAMPUS", "Campus"

    type = models.CharField(max_length=20, choices=Type.choices)
    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60, null=True, blank=True)
    description = models.CharField(max_length=300, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "type", "mis_id"], name="a_group_once_in_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="groups_by_change")]

    def __str__(self) -> str:
        return f"group {self.id}"


# Exports say nothing of these, so publishing one leaves them and their members as they are.
BESIDE_EXPORTS = (Group.Type.BOARDING, Group.Type.CAMPUS)


class Subject(Record):
    """What a class is about."""

    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_subject_once_in_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="subjects_by_change")]

    def __str__(self) -> str:
        return f"subject {self.id}"


class SchoolClass(Record):
    """A teaching class. (Registration groups are groups.)"""

    name = models.CharField(max_length=200)
    code = models.CharField(max_length=60, null=True, blank=True)
    description = models.CharField(max_length=300, null=True, blank=True)
    year_group = models.CharField(max_length=60, null=True, blank=True)
    academic_year = models.CharField(max_length=20, null=True, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_class_once_in_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="classes_by_change")]

    def __str__(self) -> str:
        return f"class {self.id}"


class Pupil(Person):
    """A pupil of the school: on roll, left, or starting later."""

    education_details = Details(default=dict)
    extended_details = Details(default=dict)
    registration_id = models.BigIntegerField(null=True, blank=True)
    year_id = models.BigIntegerField(null=True, blank=True)
    house_id = models.BigIntegerField(null=True, blank=True)
    boarding_id = models.BigIntegerField(null=True, blank=True)
    campus_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_pupil_once_in_a_school"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "status", "updated_at", "id"], name="pupils_by_change")
        ]

    def __str__(self) -> str:
        return f"pupil {self.id}"


class Employee(Person):
    """Somebody on the school's payroll."""

    employment_details = Details(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="an_employee_once_in_a_school"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "status", "updated_at", "id"], name="employees_by_change")
        ]

    def __str__(self) -> str:
        return f"employee {self.id}"


class Contact(Person):
    """A parent or carer. Only for formats that name them; what a format does not say of them is null."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_contact_once_in_a_school"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "status", "updated_at", "id"], name="contacts_by_change")
        ]

    def __str__(self) -> str:
        return f"contact {self.id}"


class ContactPupil(SchoolOwned):
    """This contact is there for this pupil; `relationship` is the API's object."""

    id = models.BigAutoField(primary_key=True)
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    relationship = Details(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "contact", "pupil"], name="a_contact_once_for_a_pupil"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "pupil"], name="contacts_of_a_pupil")]

    def __str__(self) -> str:
        return f"contact link {self.pk}"


class Sibling(SchoolOwned):
    """These two pupils have a contact in common. Each pair stands here twice, once from either side."""

    id = models.BigAutoField(primary_key=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    sibling = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "pupil", "sibling"], name="a_sibling_once"),
        ]

    def __str__(self) -> str:
        return f"sibling link {self.pk}"


class ClassPupil(SchoolOwned):
    """This pupil is in this class; `enrolment` is the API's object, empty where only exports name the two."""

    id = models.BigAutoField(primary_key=True)
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    enrolment = Details(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "school_class", "pupil"], name="a_pupil_once_in_a_class"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "pupil"], name="classes_of_a_pupil")]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class ClassEmployee(SchoolOwned):
    """This employee teaches this class; the first named is its main teacher."""

    id = models.BigAutoField(primary_key=True)
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_main = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "school_class", "employee"], name="an_employee_once_in_a_class"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "employee"], name="classes_of_an_employee")]

    def __str__(self) -> str:
        return f"teaching link {self.pk}"


class GroupPupil(SchoolOwned):
    """This pupil is in this group."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "group", "pupil"], name="a_pupil_once_in_a_group"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "pupil"], name="groups_of_a_pupil")]

    def __str__(self) -> str:
        return f"membership {self.pk}"


class GroupEmployee(SchoolOwned):
    """This employee leads this group; the first named is its main tutor."""

    id = models.BigAutoField(primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)
    is_main = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "group", "employee"], name="an_employee_once_in_a_group"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "employee"], name="groups_of_an_employee")]

    def __str__(self) -> str:
        return f"tutor link {self.pk}"


class Deletion(SchoolOwned):
    """A record that was in one of the API's lists and is not any more; restored when it is in that list again."""

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(
        max_length=40, help_text="student, employee, contact, class, group and the like, as on the wire"
    )
    record_id = models.BigIntegerField()
    mis_id = models.CharField(max_length=200)
    groups = ArrayField(
        models.BigIntegerField(),
        null=True,
        blank=True,
        help_text="Ids of the groups a pupil was in until then: a rule may go by them. Null: not noted",
    )
    consent_id = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The one consent whose rule hides a record it had shown; empty: the record itself is gone",
    )
    deleted_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="deletions_by_change")]

    def __str__(self) -> str:
        return f"deletion {self.pk}"
