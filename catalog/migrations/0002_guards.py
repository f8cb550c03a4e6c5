"""What a CHECK cannot see: the law's promises that reach over two rows, held by triggers."""

from django.db import migrations

DATASET = """
CREATE FUNCTION catalog_dataset_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.code IS NOT NULL THEN
            RAISE EXCEPTION 'Dataset % keeps its code for ever and is never deleted.', OLD.code
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_dataset_never_deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.code IS NOT NULL AND NEW.code IS DISTINCT FROM OLD.code THEN
        RAISE EXCEPTION 'The code % never changes.', OLD.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_dataset_code_kept';
    END IF;
    IF NEW.policy_version < OLD.policy_version THEN
        RAISE EXCEPTION 'A policy version never goes back.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_dataset_policy_version';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_dataset_guard BEFORE UPDATE OR DELETE ON catalog_dataset
    FOR EACH ROW EXECUTE FUNCTION catalog_dataset_guard();
"""

FIELD = """
CREATE FUNCTION catalog_field_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    coded boolean;
BEGIN
    SELECT d.code IS NOT NULL INTO coded
        FROM catalog_resource r JOIN catalog_dataset d ON d.id = r.dataset_id
        WHERE r.id = OLD.resource_id;
    IF TG_OP = 'DELETE' THEN
        IF coded THEN
            RAISE EXCEPTION 'Field % is ended and stays; it is never deleted.', OLD.name
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_field_never_deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.resource_id <> OLD.resource_id OR (coded AND NEW.data_type <> OLD.data_type) THEN
        RAISE EXCEPTION 'Field % keeps its table and its type; a changed type is a new field.',
            OLD.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_field_type_kept';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_field_guard BEFORE UPDATE OR DELETE ON catalog_field
    FOR EACH ROW EXECUTE FUNCTION catalog_field_guard();

CREATE FUNCTION catalog_resource_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.dataset_id <> OLD.dataset_id THEN
        RAISE EXCEPTION 'A resource stays with its dataset.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_resource_stays';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_resource_guard BEFORE UPDATE ON catalog_resource
    FOR EACH ROW EXECUTE FUNCTION catalog_resource_guard();
"""

# The tiers: Order 809 art 14(3) for sharing; for opening also central policy and local
# regulations (domain.md §4). tests/catalog holds them equal to policy.terms.
LINE = """
CREATE FUNCTION catalog_line_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    basis catalog_legalbasis%ROWTYPE;
    may_change constant text[] := ARRAY['state', 'until_on', 'review_on', 'ended_by_id',
        'ended_at', 'ended_reason', 'reason_en'];
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state IN ('published', 'ended') THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION 'Line % was published and is never deleted.', OLD.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_never_deleted';
        END IF;
        IF (to_jsonb(NEW) - may_change) IS DISTINCT FROM (to_jsonb(OLD) - may_change)
            OR NEW.state NOT IN ('published', 'ended')
            OR (OLD.state = 'ended' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
            RAISE EXCEPTION 'Line % was published: it can only end.', OLD.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_stands';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NEW.state = 'ended' THEN
        RAISE EXCEPTION 'Only a published line ends.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_ends_after_published';
    END IF;
    IF NEW.state = 'published' THEN
        -- FOR SHARE: the basis can not be weakened while this transaction is open
        SELECT * INTO basis FROM catalog_legalbasis WHERE id = NEW.basis_id FOR SHARE;
        IF basis.certainty <> 'verified' OR btrim(basis.text_zh) = '' THEN
            RAISE EXCEPTION 'The basis of line % is not verified word for word.', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_basis_verified';
        END IF;
        IF NEW.bars_share AND basis.tier NOT IN
            ('law', 'administrative_regulation', 'state_council_decision') THEN
            RAISE EXCEPTION 'Sharing is barred only by a law, an administrative regulation or a '
                'State Council decision.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_basis_tier_share';
        END IF;
        IF NEW.bars_open AND basis.tier NOT IN
            ('law', 'administrative_regulation', 'state_council_decision', 'central_policy',
             'local_regulation') THEN
            RAISE EXCEPTION 'A rule of this tier does not bar opening.'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_basis_tier_open';
        END IF;
        IF NEW.from_on < basis.in_force_from OR NEW.from_on > basis.in_force_until THEN
            RAISE EXCEPTION 'The basis of line % is not in force on its first day.', NEW.number
                USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_basis_in_force';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_line_guard BEFORE INSERT OR UPDATE OR DELETE ON catalog_negativeline
    FOR EACH ROW EXECUTE FUNCTION catalog_line_guard();

CREATE FUNCTION catalog_line_field_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    line record;
    of_line bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.line_id ELSE NEW.line_id END;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'A named field is taken off or put on a line, not exchanged.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_fields_stand';
    END IF;
    SELECT state, dataset_id INTO line FROM catalog_negativeline WHERE id = of_line FOR SHARE;
    IF line.state IN ('published', 'ended') THEN
        RAISE EXCEPTION 'The fields of a published line stand as they are.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_fields_stand';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM catalog_field f JOIN catalog_resource r ON r.id = f.resource_id
        WHERE f.id = NEW.field_id AND r.dataset_id = line.dataset_id
    ) THEN
        RAISE EXCEPTION 'A line names fields of its own dataset.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'catalog_line_names_own_fields';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalog_line_field_guard
    BEFORE INSERT OR UPDATE OR DELETE ON catalog_negativelinefield
    FOR EACH ROW EXECUTE FUNCTION catalog_line_field_guard();
"""

BASIS = """
CREATE FUNCTION catalog_basis_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    carries boolean;
    may_change constant text[] := ARRAY['in_force_until', 'law_en', 'gist_en'];
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
CREATE TRIGGER catalog_basis_guard BEFORE UPDATE OR DELETE ON catalog_legalbasis
    FOR EACH ROW EXECUTE FUNCTION catalog_basis_guard();
"""

UNDO = """
DROP TRIGGER catalog_dataset_guard ON catalog_dataset;
DROP TRIGGER catalog_field_guard ON catalog_field;
DROP TRIGGER catalog_resource_guard ON catalog_resource;
DROP TRIGGER catalog_line_guard ON catalog_negativeline;
DROP TRIGGER catalog_line_field_guard ON catalog_negativelinefield;
DROP TRIGGER catalog_basis_guard ON catalog_legalbasis;
DROP FUNCTION catalog_dataset_guard, catalog_field_guard, catalog_resource_guard,
    catalog_line_guard, catalog_line_field_guard, catalog_basis_guard;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.RunSQL("\n".join([DATASET, FIELD, LINE, BASIS]), UNDO),
    ]
