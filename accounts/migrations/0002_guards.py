"""What the database itself promises about accounts, beyond the models' constraints.

- An organisation is never deleted, nor is its table emptied.
- A unified social credit code carries its right check character (GB 32100-2015).
- Who holds one of the three administrators' roles holds no other role. (That nobody holds two of
  them is the unique index `accounts_membership_one_admin_role`.)
"""

from django.db import migrations

KEEP_ORGANIZATIONS = """
CREATE FUNCTION accounts_keep_organizations() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'An organisation is never deleted, since the past refers to it. Close it instead.'
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER accounts_organization_kept BEFORE DELETE ON accounts_organization
    FOR EACH ROW EXECUTE FUNCTION accounts_keep_organizations();
CREATE TRIGGER accounts_organization_not_emptied BEFORE TRUNCATE ON accounts_organization
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_keep_organizations();
"""
RELEASE_ORGANIZATIONS = """
DROP TRIGGER accounts_organization_not_emptied ON accounts_organization;
DROP TRIGGER accounts_organization_kept ON accounts_organization;
DROP FUNCTION accounts_keep_organizations();
"""

# Weights are the powers of 3 modulo 31. strpos is 0 for a character outside the alphabet, whose
# shape the model's own constraint refuses.
CHECK_USCC = """
CREATE FUNCTION accounts_uscc_checks(code text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN substr('0123456789ABCDEFGHJKLMNPQRTUWXY', 1 + (31 - (
        SELECT sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(code, place, 1)) - 1)
                   * (ARRAY[1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28])[place])
        FROM generate_series(1, 17) AS place
    )::int % 31) % 31, 1) = substr(code, 18, 1);
ALTER TABLE accounts_organization ADD CONSTRAINT accounts_organization_uscc_check_character
    CHECK (accounts_uscc_checks(uscc));
"""
UNCHECK_USCC = """
ALTER TABLE accounts_organization DROP CONSTRAINT accounts_organization_uscc_check_character;
DROP FUNCTION accounts_uscc_checks(text);
"""

# The person's row is locked, so that two hands at once cannot each give half of what must not meet.
SEPARATE_POWERS = """
CREATE FUNCTION accounts_separate_powers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM accounts_membership
        WHERE user_id = NEW.user_id
        HAVING count(*) > 1
           AND bool_or(role IN ('system_admin', 'security_admin', 'audit_admin'))
    ) THEN
        RAISE EXCEPTION 'An administrator holds no other role.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'accounts_membership_separate_powers';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER accounts_membership_separate_powers AFTER INSERT OR UPDATE ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_separate_powers();
"""
JOIN_POWERS = """
DROP TRIGGER accounts_membership_separate_powers ON accounts_membership;
DROP FUNCTION accounts_separate_powers();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(KEEP_ORGANIZATIONS, RELEASE_ORGANIZATIONS),
        migrations.RunSQL(CHECK_USCC, UNCHECK_USCC),
        migrations.RunSQL(SEPARATE_POWERS, JOIN_POWERS),
    ]
