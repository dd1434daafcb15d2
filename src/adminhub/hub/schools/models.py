"""Schools, the services they buy, the people who log in, and what each of them may do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q


class UserManager(BaseUserManager["User"]):
    """Makes users who log in by e-mail."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser, PermissionsMixin):
    """A person who logs in to the hub. What they may do is in their role grants, school by school."""

    email = models.EmailField(unique=True)
    title = models.CharField(max_length=30, blank=True)
    first_name = models.CharField(max_length=100, blank=True)
    last_name = models.CharField(max_length=100, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(
        default=False,
        help_text="Hub support. Gives no power over any school's consent or data.",
    )
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    EMAIL_FIELD = "email"

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        db_table = "hub_user"

    def __str__(self) -> str:
        return f"user {self.pk}"

    def get_full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email


class School(models.Model):
    """A school (DfE: establishment). `centre_id` is the hub's own number for it; the URN may change."""

    centre_id = models.PositiveIntegerField(unique=True)
    sourced_id = models.UUIDField(unique=True, help_text="Our stable, opaque key for the outside world")
    name = models.CharField(max_length=200)
    urn = models.CharField("URN", max_length=6, blank=True)
    laestab = models.CharField(
        "DfE number",
        max_length=7,
        blank=True,
        help_text="LA code and establishment, 7 digits",
    )
    phase = models.CharField(max_length=40, blank=True)
    address_line_1 = models.CharField(max_length=200, blank=True)
    address_line_2 = models.CharField(max_length=200, blank=True)
    town = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=10, blank=True)

    class Meta:
        db_table = "school"

    def __str__(self) -> str:
        return self.name

    @property
    def dfe_number(self) -> str:
        """The DfE number as schools write it, 123/4567; blank when unknown."""
        return f"{self.laestab[:3]}/{self.laestab[3:]}" if self.laestab else ""


class Service(models.Model):
    """An education service that schools buy and that the hub hands a roster to. Wellbeing is one."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    summary = models.CharField(max_length=200, blank=True)
    url = models.URLField(blank=True, help_text="Where its users log in")
    oidc_client_id = models.CharField(
        max_length=100, blank=True, help_text="Its client at our identity provider"
    )
    webhook_url = models.URLField(blank=True)
    pupil_fields = models.JSONField(
        default=list,
        help_text="The pupil fields this service may have, in the words of outputs.oneroster.mapping",
    )
    schools: models.ManyToManyField[School, Subscription] = models.ManyToManyField(
        School, through="Subscription", related_name="services"
    )

    class Meta:
        db_table = "service"

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A school has bought a service."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="subscriptions")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="subscriptions")
    starts_on = models.DateField(auto_now_add=True)

    class Meta:
        db_table = "subscription"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "service"),
                name="one_subscription_per_school_and_service",
            ),
        )

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class Role(models.TextChoices):
    """What a person is at one school for one service."""

    ACCESS_COORDINATOR = "access_coordinator", "Access Coordinator"
    DEPUTY_COORDINATOR = "deputy_coordinator", "Deputy Access Coordinator"
    TEACHER_ADMIN = "teacher_admin", "Teacher Admin"
    TEACHER = "teacher", "Teacher"


class RoleGrant(models.Model):
    """This user has this role at this school for this service."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="role_grants")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(max_length=30, choices=Role.choices)

    class Meta:
        db_table = "role_grant"
        constraints = (
            models.UniqueConstraint(
                fields=("user", "school", "service"),
                name="one_role_per_user_school_and_service",
            ),
            models.UniqueConstraint(
                fields=("school", "service"),
                condition=Q(role=Role.ACCESS_COORDINATOR),
                name="one_access_coordinator_per_school_and_service",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} (grant {self.pk})"
