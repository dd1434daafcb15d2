"""Row-level security on the deletions that are scheduled."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_leavers", "0001_initial")]
    operations = [school_rows_only("scheduled_deletion")]
