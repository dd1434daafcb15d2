"""Addresses of a school's own pages."""

from django.urls import path

from adminhub.broker.portal.papers import views as papers
from adminhub.broker.portal.readings.views import readings
from adminhub.broker.portal.school import views
from adminhub.broker.portal.written import views as written

app_name = "school"

urlpatterns = [
    path("<slug:school_id>/ropa.pdf", papers.record_pdf, name="record_pdf"),
    path("<slug:school_id>/ropa.csv", papers.record_csv, name="record_csv"),
    path("<slug:school_id>/who-saw-what/", readings, name="readings"),
    path("<slug:school_id>/", views.apps, name="apps"),
    path("<slug:school_id>/data-source/", views.data_source, name="source"),
    path("<slug:school_id>/data-source/parts/", views.parts, name="parts"),
    path("<slug:school_id>/data-source/parts/<int:part_id>/remove/", views.remove_part, name="remove_part"),
    path("<slug:school_id>/data-source/quality/", views.quality, name="quality"),
    path("<slug:school_id>/data-source/quality.csv", views.quality_csv, name="quality_csv"),
    path("<slug:school_id>/written/", written.writebacks, name="written"),
    path("<slug:school_id>/written/<uuid:writeback_id>/", written.writeback, name="writeback"),
    path(
        "<slug:school_id>/written/<uuid:writeback_id>/take-back/",
        written.reverse_writeback,
        name="reverse_writeback",
    ),
    path("<slug:school_id>/administrators/", views.administrators, name="administrators"),
    path("<slug:school_id>/administrators/second-factor/", views.second_factor, name="second_factor"),
    path("<slug:school_id>/administrators/<int:number>/", views.administrator, name="administrator"),
    path("<slug:school_id>/invitations/<int:number>/withdraw/", views.withdraw, name="withdraw"),
]
