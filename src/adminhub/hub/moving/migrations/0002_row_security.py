"""Row-level security on the room's tables."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_moving", "0001_initial")]
    operations = [school_rows_only("move")]
