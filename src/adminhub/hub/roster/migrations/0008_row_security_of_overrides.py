"""Row-level security on the school's own values."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_roster", "0007_field_override")]
    operations = [school_rows_only("field_override")]
