"""When the end of an article was entered: decisions of the days before it stand as they were."""

from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION catalog_basis_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    carries boolean;
    may_change constant text[] := ARRAY[{columns}];
BEGIN
    IF OLD.certainty <> 'verified' THEN
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'A verified basis is never deleted; end it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_basis_never_deleted';
    END IF;
    IF (to_jsonb(NEW) - may_change) IS NOT DISTINCT FROM (to_jsonb(OLD) - may_change) THEN
        RETURN NEW;
    END IF;
    SELECT EXISTS (SELECT 1 FROM catalog_negativeline
        WHERE basis_id = OLD.id AND state IN ('published', 'ended')) INTO carries;
    IF carries OR NEW.certainty = 'verified' THEN
        RAISE EXCEPTION 'A verified basis stands as it was read; a changed law is a new version.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_basis_stands';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = "'in_force_until', 'law_en', 'gist_en'"


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_updates")]

    operations = [
        migrations.AddField(
            model_name="legalbasis",
            name="end_noted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="end entered at"),
        ),
        migrations.RunSQL(
            GUARD.format(columns=f"{BEFORE}, 'end_noted_at'"), GUARD.format(columns=BEFORE)
        ),
    ]
