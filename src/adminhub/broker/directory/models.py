"""Schools the broker knows, the people who log in to it, and the letters it sends them."""

import hashlib
import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

INVITATION_DAYS = 14


def broker_id_from(seed: str) -> str:
    """Ten digits behind an A, always the same for the same seed, and saying nothing about it."""
    number = int.from_bytes(hashlib.sha256(f"school:{seed}".encode()).digest()[:8], "big")
    return f"A{1_000_000_000 + number % 8_999_999_993}"


class Phase(models.TextChoices):
    """Phases of education as the School Data API spells them."""

    ALL_THROUGH = "ALL THROUGH", "All-through"
    NOT_APPLICABLE = "NOT APPLICABLE", "Not applicable"
    NURSERY = "NURSERY", "Nursery"
    PRIMARY = "PRIMARY", "Primary"
    SECONDARY = "SECONDARY", "Secondary"
    SIXTEEN_PLUS = "16 PLUS", "16 plus"
    SPECIAL = "SPECIAL", "Special"


class Trust(models.Model):
    """A group of schools under one roof, as GIAS names it."""

    uid = models.CharField(max_length=20, unique=True, help_text="GIAS Group UID")
    name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class School(models.Model):
    """One establishment in the directory, whether or not it uses the broker."""

    broker_id = models.CharField(max_length=12, unique=True)
    name = models.CharField(max_length=200)
    urn = models.PositiveIntegerField(null=True, blank=True, unique=True)
    la_code = models.CharField(max_length=3, blank=True)
    establishment_number = models.CharField(max_length=4, blank=True)
    phase = models.CharField(max_length=20, choices=Phase.choices, default=Phase.NOT_APPLICABLE)
    address_line_1 = models.CharField(max_length=200, blank=True)
    address_line_2 = models.CharField(max_length=200, blank=True)
    town = models.CharField(max_length=100, blank=True)
    county = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    country_code = models.CharField(max_length=3, default="GBR")
    country_name = models.CharField(max_length=60, default="United Kingdom")
    timezone = models.CharField(max_length=40, default="Europe/London")
    mis = models.CharField(max_length=40, blank=True, help_text="The school's MIS, as it is called on screen")
    phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(blank=True)
    is_open = models.BooleanField(default=True)
    trust = models.ForeignKey(Trust, null=True, blank=True, on_delete=models.SET_NULL, related_name="schools")
    is_test = models.BooleanField(
        default=False,
        help_text="Invented people only: requests are approved by themselves. Set by commands only",
    )
    needs_second_factor = models.BooleanField(
        default=False, help_text="Nobody opens the school's pages with a password alone"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["la_code", "establishment_number"], name="school_by_dfe_number"),
            models.Index(fields=["postcode"], name="school_by_postcode"),
            models.Index(fields=["updated_at", "id"], name="school_by_change"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def dfe_number(self) -> str:
        """LA code and establishment number as schools write them, e.g. 999/4001; empty when unknown."""
        if not (self.la_code and self.establishment_number):
            return ""
        return f"{self.la_code}/{self.establishment_number}"

    @property
    def address(self) -> list[str]:
        """The filled lines of the postal address, in order."""
        lines = [self.address_line_1, self.address_line_2, self.town, self.county, self.postcode]
        return [line for line in lines if line]


class SchoolLink(models.Model):
    """One school took over from another, e.g. as an academy with a new URN."""

    before = models.ForeignKey(School, on_delete=models.CASCADE, related_name="successors")
    after = models.ForeignKey(School, on_delete=models.CASCADE, related_name="predecessors")
    on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["before_id", "after_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["before", "after"], name="follows_a_school_once"),
        ]

    def __str__(self) -> str:
        return f"link {self.pk}"


class UserManager(BaseUserManager["User"]):
    """Makes users whose e-mail address is their log-in."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person with a log-in: an administrator of schools, an operator of the broker, or an app's developer."""

    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    position = models.CharField(max_length=100, blank=True, help_text="Job title, printed on receipts")
    is_operator = models.BooleanField(default=False)
    is_developer = models.BooleanField(default=False, help_text="May register apps")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def full_name_and_position(self) -> str:
        return f"{self.full_name}, {self.position}" if self.position else self.full_name

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.first_name or self.email


class Responsibility(models.TextChoices):
    """What somebody is responsible for at a school: whom to ask about what."""

    DATA_PROTECTION = "data_protection", "Data protection"
    MIS = "mis", "The MIS and its data"
    APPS = "apps", "Which apps the school uses"
    SAFEGUARDING = "safeguarding", "Safeguarding"


class SchoolAdministrator(models.Model):
    """This person acts for this school; a read-only one looks and decides nothing."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="administrators")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="administrations")
    is_read_only = models.BooleanField(default=False)
    responsible_for = ArrayField(
        models.CharField(max_length=20, choices=Responsibility.choices), default=list, blank=True
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["school_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "user"], name="administers_a_school_once"),
        ]

    def __str__(self) -> str:
        return f"administrator {self.pk}"

    @property
    def responsibilities(self) -> list[str]:
        """What this person is responsible for, in words."""
        return [
            str(Responsibility(key).label) for key in self.responsible_for if key in Responsibility.values
        ]


class SchoolEvent(models.Model):
    """Something that happened to who acts for a school, or how; written with it, never changed."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=320, help_text="Name and position at that moment")
    what = models.CharField(max_length=400, help_text="A sentence")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"event {self.pk}"


def invitation_ends() -> Any:
    return timezone.now() + timedelta(days=INVITATION_DAYS)


class Invitation(models.Model):
    """An offer to become a school's administrator or, without a school, an app's developer.

    open → accepted | withdrawn | lapsed (by time).
    """

    token_hash = models.CharField(max_length=64, unique=True)
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="invitations"
    )
    email = models.EmailField()
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    position = models.CharField(max_length=100, blank=True)
    is_read_only = models.BooleanField(default=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(default=invitation_ends)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-invited_at"]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.accepted_at is None and self.withdrawn_at is None and self.expires_at > timezone.now()


class Letter(models.Model):
    """An e-mail to be sent. Its text is forgotten once sent; that it was sent stays."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    to = models.EmailField()
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"letter {self.pk}"
