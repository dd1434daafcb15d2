"""Row-level security on the people who are not here now."""

from django.db import migrations

from adminhub.hub.core.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("hub_staging", "0006_not_here_and_not_shared")]
    operations = [school_rows_only("staged_elsewhere")]
