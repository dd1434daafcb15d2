"""Ids of records: ten digits, never repeated over all schools and kinds, and saying nothing about their order."""

from django.db import migrations

# 8,999,999,993 is prime, so n → n * 7,368,787 mod 8,999,999,993 meets every number once.
NEXT_ID = """
CREATE SEQUENCE broker_sources_record_id START 1;
CREATE FUNCTION broker_sources_next_id() RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT 1000000000 + (nextval('broker_sources_record_id') * 7368787) % 8999999993
$$;
"""
DROP = "DROP FUNCTION broker_sources_next_id(); DROP SEQUENCE broker_sources_record_id;"


class Migration(migrations.Migration):
    dependencies = [("broker_sources", "0001_initial")]
    operations = [migrations.RunSQL(NEXT_ID, DROP)]
