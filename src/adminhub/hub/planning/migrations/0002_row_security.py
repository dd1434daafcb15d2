"""Row-level security on the school's rows of this room."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_planning", "0001_initial")]
    operations = [school_rows_only("match_row", "match_decision", "plan", "planned_change")]
