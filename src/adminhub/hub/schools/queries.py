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
