"""Reading who has which role where."""

from __future__ import annotations

from adminhub.hub.schools.models import Role, RoleGrant, School, Service, Subscription, User


def grant_at(user: User, *, centre_id: int, service: str) -> RoleGrant | None:
    """The user's role at this school for this service, with both; None when they have none there."""
    return (
        RoleGrant.objects.filter(
            user=user,
            school__centre_id=centre_id,
            service__slug=service,
            service__subscriptions__school__centre_id=centre_id,
        )
        .select_related("school", "service", "user")
        .first()
    )


def grants_of(user: User) -> list[RoleGrant]:
    """Every role of the user, by school and service; only of services the school has bought."""
    found = (
        RoleGrant.objects.filter(user=user)
        .select_related("school", "service")
        .order_by("school__name", "service__name")
    )
    bought = _bought({grant.school_id for grant in found})
    return [grant for grant in found if (grant.school_id, grant.service_id) in bought]


def _bought(school_ids: set[int]) -> set[tuple[int, int]]:
    rows = Subscription.objects.filter(school_id__in=school_ids).values_list("school_id", "service_id")
    return {(school_id, service_id) for school_id, service_id in rows}


def coordinators_of(*, school: School, service: Service | None = None) -> list[User]:
    """The Access Coordinator, then the deputies, of this school for the service (None: for any service)."""
    grants = RoleGrant.objects.filter(
        school=school, role__in=(Role.ACCESS_COORDINATOR, Role.DEPUTY_COORDINATOR)
    ).select_related("user")
    if service is not None:
        grants = grants.filter(service=service)
    in_order = sorted(grants, key=lambda grant: (grant.role != Role.ACCESS_COORDINATOR, grant.user_id))
    return list({grant.user_id: grant.user for grant in in_order}.values())


def coordinators_for_letter(*, school: School, asked_by: User | None) -> list[RoleGrant]:
    """Who is written to about the school's connection, each person once, with a grant that opens the page.

    The coordinators and deputies of the services for which the person who asked is one; if nobody asked, or
    they are none any more, those of all services.
    """
    grants = list(
        RoleGrant.objects.filter(
            school=school,
            role__in=(Role.ACCESS_COORDINATOR, Role.DEPUTY_COORDINATOR),
            user__is_active=True,
        ).select_related("user", "service")
    )
    services = {grant.service_id for grant in grants if asked_by and grant.user_id == asked_by.pk}
    chosen = [grant for grant in grants if not services or grant.service_id in services]
    in_order = sorted(chosen, key=lambda grant: (grant.role != Role.ACCESS_COORDINATOR, grant.service_id))
    return list({grant.user_id: grant for grant in reversed(in_order)}.values())


def coordinators_by_service(school: School) -> list[tuple[Service, list[RoleGrant]]]:
    """Each service of the school with its Access Coordinator and deputies, in that order."""
    services = list(Service.objects.filter(subscriptions__school=school).order_by("name"))
    grants = RoleGrant.objects.filter(
        school=school, role__in=(Role.ACCESS_COORDINATOR, Role.DEPUTY_COORDINATOR)
    ).select_related("user")
    in_order = sorted(grants, key=lambda grant: grant.role != Role.ACCESS_COORDINATOR)
    return [
        (service, [grant for grant in in_order if grant.service_id == service.pk]) for service in services
    ]


def roles_by_email(*, school: School, service: Service, emails: list[str]) -> dict[str, str]:
    """What each of these people is at the school for the service, by their e-mail, for those with a log-in."""
    grants = RoleGrant.objects.filter(
        school=school, service=service, user__email__in=[email.lower() for email in emails if email]
    ).select_related("user")
    return {grant.user.email: grant.get_role_display() for grant in grants}
