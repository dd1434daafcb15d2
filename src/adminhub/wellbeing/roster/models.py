"""What the hub handed to Wellbeing, and the people who log in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower


class UserAccounts(BaseUserManager["User"]):
    """Finds and makes people who log in; an e-mail address is one person whatever its case."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person; without a password nobody can log in as them until they choose one."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Find a person by e-mail address, whatever its case."""
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in, known by e-mail address."""

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserAccounts] = UserAccounts()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = (
            models.UniqueConstraint(
                Lower("email"), name="wellbeing_roster_user_email_is_unique_whatever_its_case"
            ),
        )

    def __str__(self) -> str:
        return f"User {self.pk}"

    def get_full_name(self) -> str:
        """Return the name as people say it, or nothing when it is not known."""
        return f"{self.first_name} {self.last_name}".strip()


class School(models.Model):
    """A school that bought Wellbeing, as the hub told us of it."""

    sourced_id = models.UUIDField(unique=True, help_text="The hub's stable key")
    name = models.CharField(max_length=200)
    coordinators = models.CharField(
        max_length=300, blank=True, help_text="Who gives access at the hub, by name; from a sign-in"
    )
    read_at = models.DateTimeField(
        null=True, blank=True, help_text="When we began to read the roster we hold; empty: never handed one"
    )
    tried_at = models.DateTimeField(null=True, blank=True, help_text="When we last tried to read it")
    trouble = models.CharField(
        max_length=300, blank=True, help_text="Why the last try failed, for the screen; no personal data"
    )

    class Meta:
        db_table = "wellbeing_school"

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What somebody is at a school, as the hub said when they last signed in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=40)
    sees_hub = models.BooleanField(default=False)

    class Meta:
        db_table = "wellbeing_membership"
        constraints = (
            models.UniqueConstraint(fields=("user", "school"), name="one_membership_per_user_and_school"),
        )

    def __str__(self) -> str:
        return f"membership {self.pk}"

    @property
    def role_name(self) -> str:
        """The role as people say it."""
        return self.role.replace("_", " ").title()


class Handed(models.Model):
    """Something the hub handed over. What it hands over no more is hidden since `withdrawn_at`, not deleted."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    sourced_id = models.UUIDField()
    seen_at = models.DateTimeField(help_text="The reading that last had it")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class Employee(Handed):
    """Somebody who works at the school and may use Wellbeing."""

    title = models.CharField(max_length=30, blank=True)
    forename = models.CharField(max_length=200)
    surname = models.CharField(max_length=200)
    email = models.CharField(max_length=320, blank=True)
    teaches = models.BooleanField(default=False)

    class Meta:
        db_table = "wellbeing_employee"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "sourced_id"), name="employees_are_known_once_in_school"
            ),
        )

    def __str__(self) -> str:
        return f"employee {self.pk}"

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.title, self.forename, self.surname) if part)


class Pupil(Handed):
    """A child who may be asked in surveys. Nothing here that the hub was not permitted to hand over."""

    forename = models.CharField(max_length=200)
    surname = models.CharField(max_length=200)
    year_group = models.CharField(max_length=20, blank=True)
    birthday = models.DateField(null=True, blank=True, help_text="Empty when not handed over")
    sex = models.CharField(max_length=20, blank=True)

    class Meta:
        db_table = "wellbeing_pupil"
        constraints = (
            models.UniqueConstraint(fields=("school", "sourced_id"), name="pupils_are_known_once_in_school"),
        )
        indexes = (models.Index(fields=("school", "surname", "forename"), name="wellbeing_pupils_by_name"),)

    def __str__(self) -> str:
        return f"pupil {self.pk}"

    @property
    def name(self) -> str:
        return f"{self.forename} {self.surname}"


class SchoolClass(Handed):
    """A registration group or a subject class."""

    name = models.CharField(max_length=200)
    sorts_as = models.CharField(
        max_length=300, blank=True, help_text="The name with its numbers padded: 7A comes before 10A"
    )
    subject = models.CharField(max_length=200, blank=True)
    is_registration = models.BooleanField(default=False)
    year_groups = ArrayField(models.CharField(max_length=20), default=list, blank=True)

    class Meta:
        db_table = "wellbeing_class"
        constraints = (
            models.UniqueConstraint(fields=("school", "sourced_id"), name="classes_are_known_once_in_school"),
        )

    def __str__(self) -> str:
        return self.name


class Enrolment(models.Model):
    """A pupil or a member of staff is in a class now."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="enrolments")
    pupil = models.ForeignKey(
        Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="enrolments"
    )
    employee = models.ForeignKey(
        Employee, null=True, blank=True, on_delete=models.CASCADE, related_name="enrolments"
    )

    class Meta:
        db_table = "wellbeing_enrolment"
        constraints = (
            models.CheckConstraint(
                condition=Q(pupil__isnull=True) ^ Q(employee__isnull=True),
                name="enrolment_is_of_one_pupil_or_one_employee",
            ),
            models.UniqueConstraint(
                fields=("school_class", "pupil"),
                condition=Q(employee__isnull=True),
                name="pupil_in_class_once",
            ),
            models.UniqueConstraint(
                fields=("school_class", "employee"),
                condition=Q(pupil__isnull=True),
                name="employee_in_class_once",
            ),
        )

    def __str__(self) -> str:
        return f"enrolment {self.pk}"
