"""Addresses of one app at one school."""

from django.urls import path

from adminhub.broker.portal.consents import views
from adminhub.broker.portal.papers import views as papers
from adminhub.broker.portal.people import views as people

app_name = "consents"

urlpatterns = [
    path("<uuid:public_id>/", views.show, name="show"),
    path("<uuid:public_id>/preview/", views.show_preview, name="preview"),
    path("<uuid:public_id>/approve/", views.approve_access, name="approve"),
    path("<uuid:public_id>/decline/", views.decline_access, name="decline"),
    path("<uuid:public_id>/revoke/", views.revoke_access, name="revoke"),
    path("<uuid:public_id>/permissions/", views.change_permissions, name="permissions"),
    path("<uuid:public_id>/dpia.pdf", papers.assessment_pdf, name="assessment_pdf"),
    path("<uuid:public_id>/dpia.csv", papers.assessment_csv, name="assessment_csv"),
    path("<uuid:public_id>/people/", people.choose, name="people"),
    path("<uuid:public_id>/people/check/", people.check, name="check_people"),
    path("<uuid:public_id>/people/save/", people.save, name="save_people"),
]
