"""The table of grades as data: versions that are only added. The first is the built-in one.

The legal review of a line is of another person than its proposal, in every state.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FIRST = """
{"rows": {
    "resident_id": {"grade": "L3", "mask": {"kind": "keep_edges", "keep_left": 3, "keep_right": 4}},
    "uscc": {"grade": "L1", "mask": null},
    "mobile": {"grade": "L3", "mask": {"kind": "keep_edges", "keep_left": 3, "keep_right": 4}},
    "landline": {"grade": "L2", "mask": {"kind": "keep_edges", "keep_left": 0, "keep_right": 4}},
    "passport": {"grade": "L3", "mask": {"kind": "keep_edges", "keep_left": 1, "keep_right": 3}},
    "travel_permit": {"grade": "L3", "mask": {"kind": "keep_edges", "keep_left": 1, "keep_right": 3}},
    "plate": {"grade": "L2", "mask": {"kind": "keep_edges", "keep_left": 2, "keep_right": 1}},
    "email": {"grade": "L2", "mask": {"kind": "keep_edges", "keep_left": 1, "keep_right": 0}},
    "network_address": {"grade": "L2", "mask": {"kind": "blank"}},
    "address": {"grade": "L3", "mask": {"kind": "coarse_place"}},
    "coordinate": {"grade": "L1", "mask": {"kind": "round_coordinate", "digits": 3}},
    "person_name": {"grade": "L2", "mask": {"kind": "keep_edges", "keep_left": 1, "keep_right": 0}},
    "birth_date": {"grade": "L2", "mask": {"kind": "year_only"}},
    "bank_card": {"grade": "L4", "mask": {"kind": "keep_edges", "keep_left": 0, "keep_right": 4}},
    "biometric": {"grade": "L4", "mask": {"kind": "blank"}},
    "health": {"grade": "L4", "mask": {"kind": "blank"}},
    "income": {"grade": "L3", "mask": {"kind": "blank"}},
    "credential": {"grade": "L4", "mask": {"kind": "blank"}}
}, "defaults": {
    "L1": ["unconditional", "unconditional"],
    "L2": ["unconditional", "conditional"],
    "L3": ["conditional", "not_open"],
    "L4": ["conditional", "not_open"],
    "IMPORTANT": ["conditional", "not_open"]
}}
"""

SEED = """
INSERT INTO catalog_gradingtable (version, rows, note, in_force_from, shown, changed)
VALUES (1, %s, '', now(), '', '{}');
"""

GUARD = """
CREATE FUNCTION catalog_keep_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Versions of the table of grades are only added: % is refused.', TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON catalog_gradingtable
    FOR EACH ROW EXECUTE FUNCTION catalog_keep_tables();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON catalog_gradingtable
    FOR EACH STATEMENT EXECUTE FUNCTION catalog_keep_tables();
CREATE FUNCTION catalog_follow_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.previous_id IS NOT NULL AND NEW.version IS DISTINCT FROM
        (SELECT version + 1 FROM catalog_gradingtable WHERE id = NEW.previous_id) THEN
        RAISE EXCEPTION 'Version % follows the one before it by one.', NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_gradingtable_counts_on';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER count_on BEFORE INSERT ON catalog_gradingtable
    FOR EACH ROW EXECUTE FUNCTION catalog_follow_tables();
"""
UNDO = """
DROP TRIGGER refuse_change ON catalog_gradingtable;
DROP TRIGGER refuse_truncate ON catalog_gradingtable;
DROP TRIGGER count_on ON catalog_gradingtable;
DROP FUNCTION catalog_keep_tables, catalog_follow_tables;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0007_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GradingTable",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("version", models.PositiveIntegerField(unique=True, verbose_name="version")),
                ("rows", models.JSONField(verbose_name="rows")),
                ("note", models.TextField(blank=True, verbose_name="why it changed")),
                ("in_force_from", models.DateTimeField(verbose_name="in force from")),
                (
                    "shown",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="digest of the dry run"
                    ),
                ),
                (
                    "changed",
                    models.JSONField(
                        blank=True, default=dict, verbose_name="what it changed, in numbers"
                    ),
                ),
            ],
            options={
                "verbose_name": "grading table",
                "verbose_name_plural": "grading tables",
            },
        ),
        migrations.AddConstraint(
            model_name="negativeline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("legal_by", None),
                    models.Q(("legal_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="catalog_negativeline_legal_by_another",
                violation_error_message="Who proposed a line does not review its law.",
            ),
        ),
        migrations.AddField(
            model_name="gradingtable",
            name="previous",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="following",
                to="catalog.gradingtable",
            ),
        ),
        migrations.AddField(
            model_name="gradingtable",
            name="proposed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="gradingtable",
            constraint=models.UniqueConstraint(
                fields=("previous",),
                name="catalog_gradingtable_one_follows_another",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="gradingtable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("version", 1),
                    models.Q(
                        ("previous__isnull", False),
                        ("proposed_by__isnull", False),
                        models.Q(("note", ""), _negated=True),
                        models.Q(("shown", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="catalog_gradingtable_by_somebody_after_a_dry_run",
                violation_error_message="A changed table says who changed it and why, and was tried out before.",
            ),
        ),
        migrations.RunSQL(GUARD, UNDO),
        migrations.RunSQL([(SEED, [FIRST])], migrations.RunSQL.noop),
    ]
