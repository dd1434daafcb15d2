"""Addresses of the sync wizard."""

from django.urls import path, register_converter

from adminhub.hub.web.sync import checklist, deciding, emails, scope, views
from adminhub.hub.web.sync.panels import PanelConverter

register_converter(PanelConverter, "panel")
app_name = "sync"

urlpatterns = [
    path("start/", views.start, name="start"),
    path("checklist/<slug:why>/", checklist.listed, name="checklist"),
    path("checklist/<slug:why>/give-access/", checklist.give_access, name="give_access"),
    path("run/<int:run_id>/", views.resume, name="run"),
    path("run/<int:run_id>/emails/", emails.choose, name="emails"),
    path("run/<int:run_id>/scope/", scope.choose, name="scope"),
    path("run/<int:run_id>/finished/", views.finished, name="finished"),
    path("run/<int:run_id>/<panel:panel>/", views.panel, name="panel"),
    path("run/<int:run_id>/<panel:panel>/ticks/", views.ticks, name="ticks"),
    path("run/<int:run_id>/<panel:panel>/tick-all/", views.tick_all, name="tick_all"),
    path("run/<int:run_id>/<panel:panel>/match/", deciding.match, name="match"),
    path("run/<int:run_id>/<panel:panel>/unmatch/", deciding.unmatch, name="unmatch"),
    path("run/<int:run_id>/<panel:panel>/pick/<int:row_id>/", deciding.pick, name="pick"),
    path("run/<int:run_id>/<panel:panel>/line/<int:row_id>/", deciding.line, name="line"),
    path("run/<int:run_id>/<panel:panel>/decide/<slug:deed>/", deciding.decide, name="decide"),
    path("run/<int:run_id>/<panel:panel>/together/", deciding.together, name="together"),
    path("run/<int:run_id>/<panel:panel>/undo/", deciding.undo, name="undo"),
    path("run/<int:run_id>/<panel:panel>/show-gone/", deciding.show_gone, name="show_gone"),
    path("run/<int:run_id>/<panel:panel>/save/", views.save, name="save"),
    path("run/<int:run_id>/<panel:panel>/skip/", views.skip, name="skip"),
]
