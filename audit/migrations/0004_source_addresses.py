"""An entry says from which network address its person came (GB/T 22239-2019, 8.1.4.3).

Entries before this have none and keep their hashes: an empty address is not hashed.
"""

from django.db import migrations, models

ADDRESS = "ALTER TABLE audit_entry ADD COLUMN address varchar(45) NOT NULL DEFAULT ''"
UNDO = "ALTER TABLE audit_entry DROP COLUMN address"


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_guards")]

    operations = [
        migrations.RunSQL(ADDRESS, UNDO),
        migrations.AddField("entry", "address", models.CharField(blank=True, max_length=45)),
    ]
