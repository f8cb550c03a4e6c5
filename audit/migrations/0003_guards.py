"""What the audit's tables promise beyond refusing changes, and what they need to be quick.

- `written_in` is the transaction that wrote an entry. All below a snapshot's horizon are settled,
  so the linker looks at new entries only and still misses none that commits late.
- An entry is recorded when it is written: no role can date one back.
- A note of an open read carries its sender and the sender's number, so that a lost one shows.
- A month's table is made beside and attached: verbs in progress are not waited for. Where the
  strays hold rows of that month already, they keep the month.
"""

from django.db import migrations, models
from django.db.models.functions import Now

ENTRIES = """
ALTER TABLE audit_entry
    ALTER COLUMN target TYPE text,
    ALTER COLUMN actor TYPE text,
    ALTER COLUMN organization TYPE text,
    ADD COLUMN written_in bigint NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX audit_entry_written_in ON audit_entry (written_in);
CREATE INDEX audit_entry_verb ON audit_entry (verb, id);
ALTER TABLE audit_link ADD COLUMN horizon bigint NOT NULL DEFAULT 0;

CREATE FUNCTION audit_stamp_entry() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- a minute's grace: the machine's clock may be set while a verb runs
    IF NEW.recorded_at NOT BETWEEN now() - interval '1 minute'
                               AND clock_timestamp() + interval '1 minute' THEN
        RAISE EXCEPTION 'An entry is recorded when it is written, not at %.', NEW.recorded_at
            USING ERRCODE = 'check_violation';
    END IF;
    NEW.written_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_stamp_entry();
"""
UNDO_ENTRIES = """
DROP TRIGGER stamp ON audit_entry;
DROP FUNCTION audit_stamp_entry();
ALTER TABLE audit_link DROP COLUMN horizon;
DROP INDEX audit_entry_verb;
ALTER TABLE audit_entry DROP COLUMN written_in;
"""

DELIVERIES = """
ALTER TABLE audit_delivery
    ALTER COLUMN app TYPE text,
    ALTER COLUMN organization TYPE text,
    ALTER COLUMN dataset TYPE text,
    DROP COLUMN stream_id,
    ADD COLUMN status smallint NOT NULL DEFAULT 200,
    ADD COLUMN sender varchar(16),
    ADD COLUMN number bigint,
    ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT statement_timestamp();
CREATE UNIQUE INDEX audit_delivery_note ON audit_delivery (sender, number, at);
CREATE INDEX audit_delivery_recorded_at ON audit_delivery USING brin (recorded_at);

CREATE FUNCTION audit_stamp_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.recorded_at := statement_timestamp();
    RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON audit_delivery
    FOR EACH ROW EXECUTE FUNCTION audit_stamp_delivery();
"""
UNDO_DELIVERIES = """
DROP TRIGGER stamp ON audit_delivery;
DROP FUNCTION audit_stamp_delivery();
ALTER TABLE audit_delivery
    DROP COLUMN recorded_at, DROP COLUMN number, DROP COLUMN sender, DROP COLUMN status,
    ADD COLUMN stream_id varchar(40), ADD UNIQUE (stream_id, at);
"""

# CREATE TABLE ... PARTITION OF locks the parent against everybody, behind the longest verb; ATTACH
# lets writers go on. It does lock the strays' table, hence the timeout: the next day tries again.
PARTITIONS = """
CREATE OR REPLACE FUNCTION audit_make_partitions(months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET lock_timeout = '3s' SET timezone = 'UTC' AS $$
DECLARE
    parent text;
    start timestamptz;
    finish timestamptz;
    name text;
    taken boolean;
    made integer := 0;
BEGIN
    IF months NOT BETWEEN 0 AND 24 THEN
        RAISE EXCEPTION 'Months ahead are 0 to 24, not %.', months
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('audit_make_partitions'));
    FOREACH parent IN ARRAY ARRAY['audit_entry', 'audit_delivery'] LOOP
        FOR ahead IN 0..months LOOP
            start := date_trunc('month', now()) + make_interval(months => ahead);
            finish := start + interval '1 month';
            name := parent || to_char(start, '_YYYY_MM');
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format(
                'SELECT EXISTS (SELECT FROM %I WHERE %I >= $1 AND %I < $2)',
                parent || '_strays',
                CASE parent WHEN 'audit_entry' THEN 'recorded_at' ELSE 'at' END,
                CASE parent WHEN 'audit_entry' THEN 'recorded_at' ELSE 'at' END
            ) INTO taken USING start, finish;
            CONTINUE WHEN taken;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
                           name, parent);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                           parent, name, start, finish);
            EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I'
                           ' FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', name);
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END $$;
"""


def _named(one, many):
    return {"managed": False, "verbose_name": one, "verbose_name_plural": many}


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_calls_delivered")]

    operations = [
        migrations.RunSQL(ENTRIES, UNDO_ENTRIES),
        migrations.RunSQL(DELIVERIES, UNDO_DELIVERIES),
        migrations.RunSQL(PARTITIONS, migrations.RunSQL.noop),
        migrations.AlterModelOptions("entry", _named("audit entry", "audit entries")),
        migrations.AlterModelOptions("link", _named("link of the chain", "links of the chain")),
        migrations.AlterModelOptions("delivery", _named("delivery", "deliveries")),
        # the models are unmanaged: the state alone follows
        migrations.AlterField("entry", "target", models.TextField()),
        migrations.AlterField("entry", "actor", models.TextField()),
        migrations.AlterField("entry", "organization", models.TextField(blank=True)),
        migrations.AddField("entry", "written_in", models.BigIntegerField(db_default=0)),
        migrations.AddField("link", "horizon", models.BigIntegerField(default=0)),
        migrations.RemoveField("delivery", "stream_id"),
        migrations.AlterField("delivery", "app", models.TextField(blank=True)),
        migrations.AlterField("delivery", "organization", models.TextField(blank=True)),
        migrations.AlterField("delivery", "dataset", models.TextField()),
        migrations.AddField("delivery", "status", models.SmallIntegerField(default=200)),
        migrations.AddField("delivery", "sender", models.CharField(max_length=16, null=True)),
        migrations.AddField("delivery", "number", models.BigIntegerField(null=True)),
        migrations.AddField("delivery", "recorded_at", models.DateTimeField(db_default=Now())),
    ]
