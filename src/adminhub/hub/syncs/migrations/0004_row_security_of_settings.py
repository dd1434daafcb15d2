"""Row-level security on the school's settings."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_syncs", "0003_settings_and_history")]
    operations = [school_rows_only("sync_settings")]
