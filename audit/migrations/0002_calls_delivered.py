"""How many calls of a key were delivered in a time: a number, for roles that may read no row."""

from django.db import migrations

# SECURITY DEFINER: the open door counts a key's calls after an empty start of Valkey, and may
# otherwise only add deliveries.
COUNT = """
CREATE FUNCTION audit_calls_delivered(key bigint, since timestamptz, before timestamptz)
RETURNS bigint LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public, pg_temp
RETURN (
    SELECT count(*) FROM audit_delivery d
    WHERE d.key_id = key AND d.at >= since AND d.at < before
);
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.RunSQL(
            COUNT, "DROP FUNCTION audit_calls_delivered(bigint, timestamptz, timestamptz)"
        )
    ]
