"""Who read what of a school, behind the same lock as its records."""

from django.db import migrations

from adminhub.broker.directory.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("broker_api", "0001_initial")]
    operations = [school_rows_only("broker_api_reading")]
