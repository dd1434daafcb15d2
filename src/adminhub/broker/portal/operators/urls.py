"""Addresses of the operators' pages."""

from django.urls import path

from adminhub.broker.portal.operators import app_views as apps
from adminhub.broker.portal.operators import people_views, source_views, views

app_name = "operators"

urlpatterns = [
    path("apps/", apps.apps, name="apps"),
    path("apps/invite/", apps.invite, name="invite_developer"),
    path("apps/<uuid:app_id>/", apps.app, name="app"),
    path("apps/<uuid:app_id>/release/", apps.release, name="release"),
    path("apps/<uuid:app_id>/stop/", apps.stop, name="stop"),
    path("", views.tasks, name="tasks"),
    path("tasks/<int:task_id>/", views.task, name="task"),
    path("sources/", source_views.sources, name="sources"),
    path("audits/", views.audits, name="audits"),
    path("consents/<uuid:public_id>/", views.consent, name="consent"),
    path("consents/<uuid:public_id>/check/", views.check, name="check"),
    path("consents/<uuid:public_id>/pass/", views.let_pass, name="pass"),
    path("consents/<uuid:public_id>/fail/", views.let_fail, name="fail"),
    path("people/<int:number>/", people_views.person, name="person"),
    path("schools/", views.schools, name="schools"),
    path("schools/<slug:school_id>/", views.school, name="school"),
    path("schools/<slug:school_id>/upload/", views.upload, name="upload"),
    path("schools/<slug:school_id>/ways/<int:channel_id>/agree/", views.agree, name="agree"),
    path("schools/<slug:school_id>/invite/", views.invite_for, name="invite"),
]
