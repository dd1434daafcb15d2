"""Row-level security on the school's rows of this room."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_roster", "0002_initial")]
    operations = [
        school_rows_only(
            "employee",
            "pupil",
            "school_class",
            "enrolment",
            "roster_group",
            "roster_group_membership",
            "mis_link",
            "access",
            "roster_feed",
        )
    ]
