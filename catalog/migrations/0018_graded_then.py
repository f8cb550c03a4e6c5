"""When a field had been graded stands in its kept terms, so that a replay sees that day's grading."""

from django.db import migrations, models

# Of what was kept before, that is known where the field was not graded again since, and where it
# was graded in the moment of the terms. Elsewhere it stays open, and the field's own day counts.
FILL = """
ALTER TABLE catalog_fieldterms DISABLE TRIGGER refuse_change;
UPDATE catalog_fieldterms t SET graded_at = f.graded_at
FROM catalog_field f WHERE f.id = t.field_id AND f.graded_at <= t.since;
ALTER TABLE catalog_fieldterms ENABLE TRIGGER refuse_change;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_basis_end_noted")]

    operations = [
        migrations.AddField(
            model_name="fieldterms",
            name="graded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="graded at"),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
