"""Addresses of the operators' pages."""

from django.urls import path

from adminhub.broker.portal.operators import views

app_name = "operators"

urlpatterns = [
    path("", views.tasks, name="tasks"),
    path("tasks/<int:task_id>/", views.task, name="task"),
    path("audits/", views.audits, name="audits"),
    path("consents/<uuid:public_id>/", views.consent, name="consent"),
    path("consents/<uuid:public_id>/check/", views.check, name="check"),
    path("consents/<uuid:public_id>/pass/", views.let_pass, name="pass"),
    path("consents/<uuid:public_id>/fail/", views.let_fail, name="fail"),
    path("schools/", views.schools, name="schools"),
    path("schools/<slug:school_id>/", views.school, name="school"),
    path("schools/<slug:school_id>/upload/", views.upload, name="upload"),
    path("schools/<slug:school_id>/ways/<int:channel_id>/agree/", views.agree, name="agree"),
    path("schools/<slug:school_id>/invite/", views.invite_for, name="invite"),
]
