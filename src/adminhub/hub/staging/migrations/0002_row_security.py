"""Row-level security on the school's rows of this room."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_staging", "0001_initial")]
    operations = [
        school_rows_only(
            "snapshot",
            "staged_employee",
            "staged_pupil",
            "staged_class",
            "staged_issue",
        )
    ]
