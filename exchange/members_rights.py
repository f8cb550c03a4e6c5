"""What the members' door may do in the database: as little as its pages and verbs need.

    city_members   below /my/: accounts, apps and keys of citizens and companies

It sees the published catalogue through views in the schema `members`, as the open door does
through `face`, and writes the tables of RIGHTS alone. Of some tables it has only a part of the
rows (POLICIES): nobody who works in the back office, no app or key of a department. So a fault in
this door, which stands open to everybody, opens no way into the office.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.apps import apps
from django.db import connection
from psycopg import sql

from audit.models import Entry
from exchange.agreements.words import OPENING_AFTERWARDS
from exchange.records.statements import comma, idents, rows, run

MEMBERS = "city_members"
SCHEMA = "members"
COMMUNITY = "community"

READ, ADD, CHANGE, TAKE = "SELECT", "INSERT", "UPDATE", "DELETE"

RIGHTS: Mapping[str, tuple[str, ...]] = {
    "accounts_region": (READ,),
    "accounts_delegation": (READ,),  # whether somebody acts for a colleague: asked with each right
    "accounts_organization": (READ, ADD),
    "accounts_user": (READ, ADD, CHANGE),
    "accounts_membership": (READ, ADD, TAKE),
    "accounts_app": (READ, ADD, CHANGE),
    "accounts_apikey": (READ, ADD, CHANGE),
    "accounts_companyclaim": (READ, ADD),
    "accounts_companyinvitation": (READ, ADD),
    "accounts_pastpassword": (READ, ADD, TAKE),
    "accounts_notice": (READ, ADD, CHANGE),
    "accounts_noticeseen": (READ, ADD),
    "accounts_membersession": (READ, ADD, CHANGE, TAKE),
    "account_emailaddress": (READ, ADD, CHANGE, TAKE),
    # both empty, for links are signed and tokens not kept: what closes an account looks there
    "account_emailconfirmation": (READ, TAKE),
    "socialaccount_socialtoken": (READ, TAKE),
    "socialaccount_socialaccount": (READ, ADD, CHANGE, TAKE),
    "exchange_sharerequest": (READ, ADD),
    "exchange_requestevent": (READ, ADD),
    "exchange_grant": (READ,),
    "exchange_agreement": (READ,),
    "axes_accessattempt": (READ, ADD, CHANGE, TAKE),
    "axes_accessfailurelog": (READ, ADD, TAKE),
    "audit_entry": (ADD,),
    "exchange_webhook": (READ, ADD),
    "exchange_webhooksecret": (ADD, TAKE),
    "exchange_webhooksubscription": (READ, ADD, TAKE),
    "exchange_webhookevent": (READ, ADD),
    "exchange_webhookdelivery": (READ, ADD),
    # contests are the office's; a member enters an app, or takes it out again
    "community_contest": (READ,),
    "community_contest_datasets": (READ,),
    "community_contestentry": (READ, ADD, TAKE),
}
"""Beside these every table of the room `community`, but for those that are only added to."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    # its own number after it was added; and from where somebody signed in not long ago
    "audit_entry": ("id", "recorded_at", "written_in", "verb", "target", "address"),
    # what deliveries are signed with is written here and read by the sender alone
    "exchange_webhooksecret": ("id", "webhook_id", "made_at", "until"),
}
"""Of these tables it reads some columns only."""

CHANGED: Mapping[str, tuple[str, ...]] = {
    "accounts_organization": ("closed_at",),  # a citizen's own place ends with the account
    "accounts_companyclaim": ("state",),  # withdrawn when its account is closed
    # that its address answered is written down by the sender alone
    "exchange_webhook": ("kinds", "state", "ended_at"),
    "exchange_webhooksecret": ("until",),
    "exchange_webhookdelivery": ("state", "problem"),
    "accounts_companyinvitation": ("accepted_by_id", "accepted_at", "revoked_at"),
    # what an application says, handed in or withdrawn; never how it is answered
    "exchange_sharerequest": (
        *("state", "mode", "fields", "rows", "clear_up_to", "purpose_class", "purpose", "scene"),
        *("system", "safeguards", "basis_id", "basis_text", "wanted_from", "wanted_until"),
        *("calls_average", "calls_peak", "bundle", "signed_by_id", "received_at", "profile"),
        *("due_on", "due_step", "due_from", "ordered_on"),
    ),
    # a company's purpose is over, and what it received is disposed of
    "exchange_grant": ("revoked_at", "ending", "ended_because", "disposed_at", "disposal"),
}
"""Of these tables it changes some columns only."""

VIEWS: Mapping[str, str] = {
    # what companies and citizens were given: the call logs of their keys
    "audit_delivery": "reader = 'company' AND key_id IS NOT NULL",
    # how their calls went
    "oversight_keycount": (
        "key_id IN (SELECT k.id FROM public.accounts_apikey k"
        " JOIN public.accounts_app a ON a.id = k.app_id"
        " JOIN public.accounts_organization o ON o.id = a.organization_id"
        " WHERE o.kind = 'company')"
    ),
    # that what an entry says of itself was amended, for who follows it; of fields alone the terms
    # of those that are not concealed tell
    "catalog_revision": (
        "state = 'applied' AND kind = 'amend' AND changes->'dataset' <> '{}'::jsonb"
        " AND dataset_id IN (SELECT id FROM members.catalog_dataset)"
    ),
}
"""Tables of which it sees some rows, beside the public face of the catalogue."""

_NOT_OFFICE = (
    "NOT EXISTS (SELECT FROM public.accounts_membership m"
    " WHERE m.user_id = accounts_user.id AND m.role NOT IN ('developer', 'responsible'))"
)
_OUR_APP = (
    "EXISTS (SELECT FROM public.accounts_organization o"
    " WHERE o.id = accounts_app.organization_id AND o.kind = 'company')"
)
_OUR_KEY = "EXISTS (SELECT FROM public.accounts_app a WHERE a.id = accounts_apikey.app_id)"
_OUR_MEMBER = (
    "accounts_membership.role IN ('developer', 'responsible')"
    " AND EXISTS (SELECT FROM public.accounts_organization o"
    " WHERE o.id = accounts_membership.organization_id AND o.kind = 'company')"
)
_OUR_WEBHOOK = "EXISTS (SELECT FROM public.accounts_app a WHERE a.id = exchange_webhook.app_id)"
_DELIVERED = (
    "EXISTS (SELECT FROM public.exchange_webhookdelivery d"
    " WHERE d.event_id = exchange_webhookevent.id)"
)


def _of_webhook(table: str) -> str:
    return f"EXISTS (SELECT FROM public.exchange_webhook w WHERE w.id = {table}.webhook_id)"


PERSON = "city.person"
"""The setting of a connection that says who is signed in: the id, or "" for nobody."""

_MINE = (
    "EXISTS (SELECT FROM public.accounts_membership m JOIN public.accounts_organization o"
    " ON o.id = m.organization_id WHERE o.kind = 'company' AND o.uscc IS NOT NULL"
    " AND m.organization_id = {table}.organization_id"
    f" AND m.user_id = NULLIF(current_setting('{PERSON}', true), '')::bigint)"
)
_I_ANSWER = (
    "EXISTS (SELECT FROM public.accounts_membership mine WHERE mine.role = 'responsible'"
    " AND mine.organization_id = {table}"
    f" AND mine.user_id = NULLIF(current_setting('{PERSON}', true), '')::bigint)"
)
_MY_ADDRESS = (
    "accounts_companyinvitation.email = (SELECT lower(u.email) FROM public.accounts_user u"  # noqa: S608 - our own words
    f" WHERE u.id = NULLIF(current_setting('{PERSON}', true), '')::bigint)"
)
_MY_INVITATION = (
    _I_ANSWER.format(table="accounts_companyinvitation.company_id") + f" OR {_MY_ADDRESS}"
)
_MAY_ANSWER = (
    "role <> 'responsible' OR "  # noqa: S608 - our own words
    + _I_ANSWER.format(table="accounts_membership.organization_id")
    + " OR EXISTS (SELECT FROM public.accounts_companyinvitation i"
    " WHERE i.company_id = accounts_membership.organization_id AND i.role = 'responsible'"
    " AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > now()"
    " AND i.email = (SELECT lower(u.email) FROM public.accounts_user u"
    " WHERE u.id = accounts_membership.user_id))"
)
_MY_REQUEST = _MINE.format(table="exchange_sharerequest")
_MY_GRANT = f"channel = 'open' AND {_MINE.format(table='exchange_grant')}"
_OF_MY_REQUEST = (
    "EXISTS (SELECT FROM public.exchange_sharerequest r"
    " WHERE r.id = exchange_requestevent.request_id)"
)
_OF_GRANT_EVENT = (  # a company whose purpose is over tells its own webhooks of it
    "EXISTS (SELECT FROM public.exchange_grant g WHERE g.id = exchange_webhookevent.grant_id)"
)
_MY_LIST = f"user_id = NULLIF(current_setting('{PERSON}', true), '')::bigint"
_ON_MY_LIST = (
    "EXISTS (SELECT FROM public.community_follower f WHERE f.id = community_follow.follower_id)"
)
_MY_SHOWCASE = (
    "EXISTS (SELECT FROM public.community_showcase s"  # noqa: S608 - our own words
    " WHERE s.id = community_contestentry.showcase_id"
    " AND (EXISTS (SELECT FROM public.community_speaker p WHERE p.id = s.speaker_id"
    f" AND p.user_id = NULLIF(current_setting('{PERSON}', true), '')::bigint)"
    " OR EXISTS (SELECT FROM public.accounts_membership m"
    " WHERE m.organization_id = s.organization_id"
    f" AND m.user_id = NULLIF(current_setting('{PERSON}', true), '')::bigint)))"
)
_SEEN_CONTEST = "EXISTS (SELECT FROM public.community_contest c WHERE c.id = {table}.contest_id)"
_OF_MY_GRANT = (
    "EXISTS (SELECT FROM public.exchange_grant g WHERE g.id = exchange_agreement.grant_id)"
)

POLICIES: Mapping[str, Mapping[str, str]] = {
    "accounts_user": {READ: _NOT_OFFICE, ADD: _NOT_OFFICE, CHANGE: _NOT_OFFICE},
    "accounts_membership": {READ: "true", ADD: _OUR_MEMBER, TAKE: _OUR_MEMBER},
    # a company with its code is entered by the office; here citizens get a place of their own
    "accounts_organization": {
        READ: "true",
        ADD: "kind = 'company' AND uscc IS NULL",
        CHANGE: "kind = 'company'",
    },
    "accounts_companyclaim": {
        READ: "true",
        ADD: "state = 'pending'",
        CHANGE: "state IN ('pending', 'withdrawn')",
    },
    "accounts_app": {READ: _OUR_APP, ADD: _OUR_APP, CHANGE: _OUR_APP},
    "accounts_apikey": {READ: _OUR_KEY, ADD: _OUR_KEY, CHANGE: _OUR_KEY},
    "exchange_webhook": {
        READ: _OUR_WEBHOOK,
        ADD: f"state = 'new' AND {_OUR_WEBHOOK}",
        CHANGE: _OUR_WEBHOOK,
    },
    "exchange_webhooksecret": dict.fromkeys(
        (READ, ADD, CHANGE, TAKE), _of_webhook("exchange_webhooksecret")
    ),
    "exchange_webhooksubscription": dict.fromkeys(
        (READ, ADD, TAKE), _of_webhook("exchange_webhooksubscription")
    ),
    "exchange_webhookevent": {
        READ: f"{_of_webhook('exchange_webhookevent')} OR {_DELIVERED} OR {_OF_GRANT_EVENT}",
        ADD: f"kind = 'ping' AND {_of_webhook('exchange_webhookevent')}"
        f" OR kind = 'grant.ended' AND {_OF_GRANT_EVENT}",
    },
    "exchange_webhookdelivery": {
        READ: _of_webhook("exchange_webhookdelivery"),
        ADD: f"state = 'waiting' AND {_of_webhook('exchange_webhookdelivery')}",
        CHANGE: _of_webhook("exchange_webhookdelivery"),
    },
    "accounts_companyinvitation": {
        READ: _MY_INVITATION,
        ADD: _I_ANSWER.format(table="accounts_companyinvitation.company_id"),
        CHANGE: _MY_INVITATION,
    },
    # of what companies applied for and hold, those of the person's own companies
    "exchange_sharerequest": {READ: _MY_REQUEST, ADD: _MY_REQUEST, CHANGE: _MY_REQUEST},
    "exchange_requestevent": {READ: _OF_MY_REQUEST, ADD: _OF_MY_REQUEST},
    "exchange_grant": {READ: _MY_GRANT, CHANGE: _MY_GRANT},
    "exchange_agreement": {READ: _OF_MY_GRANT},
    # what a person follows is nobody's but theirs
    "community_follower": dict.fromkeys((READ, ADD, CHANGE, TAKE), _MY_LIST),
    "community_follow": dict.fromkeys((READ, ADD, CHANGE, TAKE), _ON_MY_LIST),
    # of contests those that are published, and the entries of the person's own apps
    "community_contest": {READ: "published_at IS NOT NULL"},
    "community_contest_datasets": {
        READ: _SEEN_CONTEST.format(table="community_contest_datasets"),
    },
    "community_contestentry": {
        READ: _MY_SHOWCASE,
        ADD: f"{_MY_SHOWCASE} AND {_SEEN_CONTEST.format(table='community_contestentry')}",
        TAKE: f"{_MY_SHOWCASE} AND place IS NULL",
    },
}
"""Which rows, by table and right; every other role has them all."""

WRITTEN: Mapping[str, Mapping[str, str]] = {
    # who answers for a company was appointed or invited by who does
    "accounts_membership": {ADD: _MAY_ANSWER},
    "exchange_sharerequest": {
        ADD: "state = 'draft' AND answer = '' AND offered = '{}' AND proposed_by_id IS NULL"
        " AND answered_by_id IS NULL AND received_at IS NULL",
        CHANGE: "state IN ('draft', 'in_review', 'supplement', 'withdrawn')",
    },
    "exchange_requestevent": {
        ADD: f"by_id = NULLIF(current_setting('{PERSON}', true), '')::bigint"
        " OR by_id IS NULL AND what = 'forward'",
    },
    # an award is given by the office
    "community_contestentry": {
        ADD: f"place IS NULL AND entered_by_id = NULLIF(current_setting('{PERSON}', true), '')"
        "::bigint",
    },
    # what has ended stays ended; what has run out is noted as disposed of
    "exchange_grant": {CHANGE: "revoked_at IS NOT NULL OR valid_until < CURRENT_DATE"},
}
"""What a row written by right of POLICIES has to be besides."""


TRAIL = "grant_entries"
"""What the audit trail says of the grants of the person's own companies: a view, whole entries of
the verbs that an agreement's annex tells, since the door reads no details of the trail itself."""


def make_trail(others: tuple[str, ...]) -> None:
    """Make the view TRAIL in the door's schema, which stands, for the door and for `others`.

    Where one process opens all doors, another role shows the members' pages.
    """
    run(
        sql.SQL(
            "CREATE VIEW {} WITH (security_barrier) AS"
            " SELECT id, at, verb, target, details FROM public.audit_entry"
            " WHERE verb IN ({}) AND target IN"
            " (SELECT 'grant:' || id FROM public.exchange_grant WHERE {})"
        ).format(
            sql.Identifier(SCHEMA, TRAIL),
            comma([sql.Literal(verb) for verb in sorted(OPENING_AFTERWARDS)]),
            sql.SQL(_MY_GRANT),
        )
    )
    for role in idents(others):
        run(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(sql.Identifier(SCHEMA), role))
        run(sql.SQL("GRANT SELECT ON {} TO {}").format(sql.Identifier(SCHEMA, TRAIL), role))


def entries_of(address: str) -> list[Entry]:
    """Return what the audit trail says of a grant ("grant:12") of the signed-in person's company.

    Within `seen_by`; nothing of another's. One query.
    """
    asked = sql.SQL("SELECT * FROM {} WHERE target = %s").format(sql.Identifier(SCHEMA, TRAIL))
    return list(Entry.objects.raw(asked.as_string(), [address]))


def tables() -> dict[str, tuple[str, ...]]:
    """Return what the door may do with each table, those of the room `community` among them."""
    known = {config.label for config in apps.get_app_configs()}
    room = apps.get_app_config(COMMUNITY) if COMMUNITY in known else None
    models = () if room is None else room.get_models(include_auto_created=True)
    said = {model._meta.db_table: (READ, ADD, CHANGE, TAKE) for model in models}  # noqa: SLF001 - Django's public-by-custom name
    return said | dict(RIGHTS)


def grant(append_only: tuple[str, ...]) -> None:
    """Give the role what the tables above say, and take what an earlier release gave besides."""
    role = sql.Identifier(MEMBERS)
    run(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role))
    run(sql.SQL("GRANT USAGE ON SCHEMA public, {} TO {}").format(sql.Identifier(SCHEMA), role))
    run(
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {}").format(
            sql.Identifier(SCHEMA), role
        )
    )
    for table, rights in sorted(tables().items()):
        kept = [right for right in rights if table not in append_only or right in (READ, ADD)]
        _grant(table, kept)
    for right, by_table in ((READ, COLUMNS), (CHANGE, CHANGED)):
        for table, columns in by_table.items():
            run(
                sql.SQL("GRANT {} ({}) ON {} TO {}").format(
                    sql.SQL(right), comma(idents(columns)), sql.Identifier("public", table), role
                )
            )
    run(sql.SQL("ALTER ROLE {} SET search_path = {}, public").format(role, sql.Identifier(SCHEMA)))


def _grant(table: str, rights: list[str]) -> None:
    role = sql.Identifier(MEMBERS)
    run(
        sql.SQL("GRANT {} ON {} TO {}").format(
            sql.SQL(", ".join(rights)), sql.Identifier("public", table), role
        )
    )
    if ADD not in rights:
        return
    for (name,) in rows(
        sql.SQL(
            "SELECT pg_get_serial_sequence(%s, attname) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
        ),
        [f"public.{table}", f"public.{table}"],
    ):
        if name:
            run(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.SQL(name), role))


@contextmanager
def seen_by(person_id: int) -> Iterator[None]:
    """Have the connection see what a person's companies applied for and hold, and what the person
    follows, and nothing after.

    Without it the members' role sees no application, grant, agreement or list at all. Not for use
    within a transaction: its end would take the setting along.
    """
    _is_seen_by(str(person_id))
    try:
        yield
    finally:
        _is_seen_by("")


def _is_seen_by(person: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", [PERSON, person])


def limit_rows(others: tuple[str, ...]) -> None:
    """Have the tables of POLICIES show this role its rows, and the `others` all."""
    for table, conditions in POLICIES.items():
        place = sql.Identifier("public", table)
        run(sql.SQL("ALTER TABLE {} ENABLE ROW LEVEL SECURITY").format(place))
        _policy(table, "everybody", others, "ALL", "true")
        for right, condition in conditions.items():
            besides = WRITTEN.get(table, {}).get(right, "true")
            _policy(table, f"members_{right.lower()}", (MEMBERS,), right, condition, besides)


def _policy(
    table: str,
    name: str,
    roles: tuple[str, ...],
    right: str,
    condition: str,
    besides: str = "true",
) -> None:
    place, called = sql.Identifier("public", table), sql.Identifier(name)
    run(sql.SQL("DROP POLICY IF EXISTS {} ON {}").format(called, place))
    reads = "" if right == ADD else f" USING ({condition})"
    writes = "" if right in (READ, TAKE) else f" WITH CHECK (({condition}) AND ({besides}))"
    run(
        sql.SQL("CREATE POLICY {} ON {} FOR {} TO {}{}{}").format(
            called,
            place,
            sql.SQL(right),
            comma(idents(roles)),
            sql.SQL(reads),
            sql.SQL(writes),
        )
    )
