"""An index by grant: what was delivered under it, and how often today."""

from django.db import migrations

INDEX = "CREATE INDEX audit_delivery_grant ON audit_delivery (grant_id, at)"


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_source_addresses")]

    operations = [migrations.RunSQL(INDEX, "DROP INDEX audit_delivery_grant")]
