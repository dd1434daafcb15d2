"""Addresses of the School Data API, each with and without the last slash; nothing is redirected."""

from django.urls import URLPattern, re_path

from adminhub.broker.api import deleting, describing, views, writebacks, writing
from adminhub.broker.api.resources import RESOURCES

_SCHOOL = r"(?P<school_id>[A-Za-z]\d{6,11})"
_RESOURCE = f"(?P<resource>{'|'.join(name for name, resource in RESOURCES.items() if resource.is_listed)})"
_LIST = f"(?P<which>{'|'.join(views.LISTS)})"

app_name = "api"
urlpatterns: list[URLPattern] = [
    re_path(r"^openapi\.json$", describing.openapi, name="openapi"),
    re_path(r"^reference/?$", describing.reference, name="reference"),
    re_path(r"^schools/?$", views.list_schools, name="schools"),
    re_path(r"^schools/all/?$", views.list_all_schools, name="all_schools"),
    re_path(rf"^schools/{_LIST}/?$", views.list_schools, name="schools_by_state"),
    re_path(rf"^schools/{_SCHOOL}/?$", views.one_school, name="school"),
    re_path(rf"^schools/{_SCHOOL}/request-access/?$", views.request_access, name="request_access"),
    re_path(rf"^schools/{_SCHOOL}/revoke-access/?$", views.revoke_access, name="revoke_access"),
    re_path(rf"^schools/{_SCHOOL}/confirm-deletion/?$", deleting.confirm, name="confirm_deletion"),
    re_path(rf"^meta/schools/{_SCHOOL}/?$", views.connection_state, name="state"),
    re_path(rf"^meta/schools/{_SCHOOL}/permissions/?$", views.connection_permissions, name="permissions"),
    re_path(rf"^meta/schools/{_SCHOOL}/acl/?$", views.access_control, name="acl"),
    re_path(rf"^schools/{_SCHOOL}/deletions/?$", views.list_deletions, name="deletions"),
    re_path(rf"^schools/{_SCHOOL}/counts/?$", views.counts, name="counts"),
    re_path(
        rf"^schools/{_SCHOOL}/{_RESOURCE}/?$",
        writing.by_method(GET=views.list_records, POST=writing.create),
        name="records",
    ),
    re_path(
        rf"^schools/{_SCHOOL}/{_RESOURCE}/(?P<number>[A-Za-z]?\d{{1,15}})/?$",
        writing.by_method(GET=views.one_record, PUT=writing.replace, DELETE=writing.remove),
        name="record",
    ),
    re_path(r"^attendance-codes/?$", writebacks.standard_codes, name="standard_codes"),
    re_path(r"^writebacks/?$", writebacks.list_writebacks, name="writebacks"),
    re_path(r"^writebacks/A?(?P<number>\d{1,15})/?$", writebacks.one_writeback, name="writeback"),
    re_path(r"^.*$", views.nothing_here, name="nothing_here"),
]
