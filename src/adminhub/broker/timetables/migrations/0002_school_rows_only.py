"""A school's timetable behind the same lock as its other records."""

from django.db import migrations

from adminhub.broker.directory.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("broker_timetables", "0001_initial")]
    operations = [
        school_rows_only(
            "broker_timetables_room",
            "broker_timetables_period",
            "broker_timetables_slot",
            "broker_timetables_lesson",
        ),
    ]
