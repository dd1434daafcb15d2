"""Whom a school shares is seen by that school only, whatever the code forgets."""

from django.db import migrations

from adminhub.broker.directory.row_security import school_rows_only


class Migration(migrations.Migration):
    dependencies = [("broker_consent", "0002_access_rules")]
    operations = [school_rows_only("broker_consent_accessrule")]
