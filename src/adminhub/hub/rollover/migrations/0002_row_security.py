"""Row-level security on the school's rows of this room."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_rollover", "0001_initial")]
    operations = [school_rows_only("rollover")]
