"""Who may do what: one table from role to permissions, and the question asked of it.

Rights come only from here. There is no super-user and no permission row in the database: a person
holds roles in organisations (`accounts.models.Membership`), a role holds permissions
(`PERMISSIONS`). A permission is written as Django writes it, `app_label.verb_model`, so that the
back office, which asks for `view`, `add`, `change` and `delete`, and the verbs, which ask for
words of their own like `exchange.publish_dataset`, read the same table.

The three administrators follow GB/T 22239-2019 level 3 (three separate powers): the system
administrator runs the platform and gives no rights, the security administrator gives rights and
runs nothing, the audit administrator reads and changes nothing. None of them sees business data.
"""

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from accounts.models import Organization, User


class OrganizationKind(models.TextChoices):
    """What an organisation is to the city."""

    DEPARTMENT = "department", gettext_lazy("department")
    DISTRICT = "district", gettext_lazy("district")
    COMPANY = "company", gettext_lazy("company")
    AUTHORITY = "authority", gettext_lazy("data authority")


class Role(models.TextChoices):
    """What a person does for one organisation."""

    PUBLISHER = "publisher", gettext_lazy("publisher")
    HEAD = "head", gettext_lazy("head of department")
    REVIEWER = "reviewer", gettext_lazy("reviewer")
    OPERATOR = "operator", gettext_lazy("operator of the data authority")
    DEVELOPER = "developer", gettext_lazy("developer")
    RESPONSIBLE = "responsible", gettext_lazy("responsible person of a company")
    SYSTEM_ADMIN = "system_admin", gettext_lazy("system administrator")
    SECURITY_ADMIN = "security_admin", gettext_lazy("security administrator")
    AUDIT_ADMIN = "audit_admin", gettext_lazy("audit administrator")


ADMIN_ROLES = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""Never two of them in one hand, nor one of them beside any other role."""

COMPANY_ROLES = frozenset({Role.DEVELOPER, Role.RESPONSIBLE})
"""What somebody does at a company, at the members' door."""

OFFICE_ROLES = frozenset(Role) - COMPANY_ROLES
"""The roles that work in the back office."""

LENDABLE = (Role.HEAD, Role.REVIEWER, Role.OPERATOR)
"""The roles in which a colleague may act while the holder is away (`accounts.delegations`)."""

_GOVERNMENT = frozenset(
    {OrganizationKind.DEPARTMENT, OrganizationKind.DISTRICT, OrganizationKind.AUTHORITY}
)
_AUTHORITY = frozenset({OrganizationKind.AUTHORITY})

ROLE_KINDS: dict[Role, frozenset[OrganizationKind]] = {
    Role.PUBLISHER: _GOVERNMENT,
    Role.HEAD: _GOVERNMENT,
    Role.REVIEWER: _GOVERNMENT,
    Role.OPERATOR: _AUTHORITY,
    Role.DEVELOPER: frozenset(OrganizationKind),
    Role.RESPONSIBLE: frozenset({OrganizationKind.COMPANY}),
    Role.SYSTEM_ADMIN: _AUTHORITY,
    Role.SECURITY_ADMIN: _AUTHORITY,
    Role.AUDIT_ADMIN: _AUTHORITY,
}
"""In which kinds of organisation a role can be held."""


def _every(app: str, models_: str, *actions: str) -> frozenset[str]:
    return frozenset(f"{app}.{action}_{model}" for model in models_.split() for action in actions)


def _verbs(app: str, verbs: str) -> frozenset[str]:
    return frozenset(f"{app}.{verb}" for verb in verbs.split())


_LINES = "legalbasis negativeline negativelinefield"
_OFFERS = "resource fileversion apidescription duty demand sheetmapping sheetimport"
_GRADED = "field fieldterms gradingtable"
_CATALOGUE = f"dataset {_GRADED} subject codelist code revision {_OFFERS} {_LINES}"
_SYNC = "source binding syncrun recordtable grant"
_PAPERS = "requestattachment requestreference agreement batchjob userecord stop"
_SHARING = f"countingrule sharerequest requestevent {_PAPERS} dispute disputeevent correction"
_RUNNING = "allowedhost source binding syncrun recordtable"
_HOOKS = "webhook webhooksecret webhooksubscription webhookevent webhookdelivery"
_SEE_CATALOGUE = _every("catalog", _CATALOGUE, "view")
_SEE_SHARING = _every("exchange", _SHARING, "view")
_SEE_PEOPLES_WORDS = _every("community", "comment showcase wish", "view")
_SEE_OWN_HOUSE = _every("accounts", "organization region regionboundary", "view")
_LEND = _verbs("accounts", "lend_role")

PERMISSIONS: dict[Role, frozenset[str]] = {
    # A department's clerk: lists datasets, connects their sources, asks for publication.
    Role.PUBLISHER: (
        _SEE_CATALOGUE
        | _SEE_OWN_HOUSE
        | _verbs("catalog", "import_catalogue keep_duty read_file")
        | _verbs("catalog", "raise_demand match_demand keep_back_demand")
        | _every("catalog", "dataset resource field", "add", "change")
        | _every("exchange", "rejectedrow", "view")
        | _every("exchange", _SYNC, "view")
        | _every("exchange", "source binding", "add", "change")
        | _verbs(
            "catalog",
            "create_dataset update_dataset close_file grade_field submit_dataset "
            "propose_negativeline",
        )
        | _verbs(
            "exchange",
            "create_source update_source remove_source test_source browse_source upload_file "
            "bind_resource suggest_grades run_sync regrade_field "
            "reschedule_binding count_only "
            "read_rejected discard_rejected correct_rejected read_held "
            "ask_dataset open_dispute report_correction answer_correction record_use",
        )
        | _SEE_SHARING
        | _SEE_PEOPLES_WORDS
        | _verbs("community", "show_comment answer_comment answer_wish")
    ),
    # The head of the department answers for it: signs, withdraws, lets a held run go live.
    Role.HEAD: (
        _SEE_CATALOGUE
        | _SEE_OWN_HOUSE
        | _verbs("catalog", "keep_duty read_file raise_demand match_demand keep_back_demand")
        | _every("exchange", _SYNC, "view")
        | _verbs(
            "catalog",
            "grade_field sign_dataset release_version close_file propose_negativeline "
            "legal_review_negativeline "
            "end_negativeline",
        )
        | _verbs(
            "exchange",
            "withdraw_dataset regrade_field decide_revision release_run discard_run undo_run "
            "count_only read_held revoke_grant suspend_grant stop_grant sign_request sign_answer "
            "comment_request open_dispute answer_dispute report_correction record_use",
        )
        | _SEE_SHARING
        | _SEE_PEOPLES_WORDS
        | _LEND
    ),
    # Answers for the department's data towards those who ask for it, and for the law behind a
    # refusal: the department's legal unit is of these, or the head (domain table, 负面清单).
    Role.REVIEWER: (
        _SEE_CATALOGUE
        | _SEE_OWN_HOUSE
        | _verbs("catalog", "read_file raise_demand keep_back_demand")
        | _every("exchange", _SYNC, "view")
        | _verbs("catalog", "legal_review_negativeline")
        | _verbs("exchange", "grant_dataset revoke_grant suspend_grant")
        | _verbs("exchange", "ask_dataset answer_request comment_request record_use")
        | _verbs("exchange", "open_dispute answer_dispute report_correction answer_correction")
        | _SEE_SHARING
        | _SEE_PEOPLES_WORDS
        | _verbs("community", "show_comment answer_comment answer_wish")
        | _LEND
    ),
    # The city's data authority: reviews the catalogue, keeps the negative list, publishes.
    Role.OPERATOR: (
        _SEE_CATALOGUE
        | _SEE_OWN_HOUSE
        | _verbs("catalog", "import_codes read_file answer_demand match_demand keep_back_demand")
        | _every("accounts", "app apikey companyclaim companyinvitation", "view")
        | _verbs("accounts", "decide_companyclaim")
        | _every("exchange", _SYNC, "view")
        | _every("catalog", "counter searchentry searchword wordgroup", "view")
        | _every("catalog", "wordgroup", "add", "change")
        | _every("catalog", "clock workingday fieldsketch", "view")
        | _every("catalog", "subject codelist code legalbasis clock workingday", "add", "change")
        | _verbs(
            "catalog",
            "review_dataset review_negativeline publish_negativeline end_negativeline "
            "create_basis verify_basis close_file",
        )
        | _verbs(
            "exchange",
            "publish_dataset withdraw_dataset decide_revision grant_dataset revoke_grant "
            "count_only suspend_grant release_run discard_run undo_run "
            "check_request oversee_request comment_request decide_dispute",
        )
        | _SEE_SHARING
        | _SEE_PEOPLES_WORDS
        | _every("community", "speaker vote contest contestentry", "view")
        | _verbs(
            "community",
            "show_comment hide_comment review_showcase moderate_wish answer_wish hold_contest",
        )
        | _LEND
        | _verbs("accounts", "set_quota")
    ),
    # Builds on the API: apps and keys of the own organisation.
    Role.DEVELOPER: (
        _every("accounts", "app apikey", "view")
        | _verbs("accounts", "create_app close_app create_key revoke_key")
        | _verbs("exchange", "keep_webhook")
    ),
    # Answers for a company: applies for conditional open data, and looks after its members.
    Role.RESPONSIBLE: (
        _every("exchange", "sharerequest requestevent grant agreement", "view")
        | _verbs("exchange", "ask_dataset sign_request")
        | _verbs("accounts", "keep_members")
    ),
    # Runs the platform: hosts, sources, runs. No accounts, no roles, no audit, no data.
    Role.SYSTEM_ADMIN: (
        _every("exchange", f"{_RUNNING} {_HOOKS}", "view")
        | _every("exchange", "allowedhost", "add", "change", "delete")
        | _every(
            "django_celery_beat",
            "periodictask intervalschedule crontabschedule solarschedule clockedschedule",
            "view",
            "add",
            "change",
            "delete",
        )
        | _verbs("exchange", "allow_host refuse_host run_sync")
    ),
    # Gives and takes rights: organisations, people, roles, keys; keeps the table of grades.
    # Runs nothing, sees no data.
    Role.SECURITY_ADMIN: (
        _every("accounts", "region regionboundary organization user membership app apikey", "view")
        | _every("accounts", "delegation", "view")
        | _every("accounts", "notice noticeseen secondfactor recoverycode pastpassword", "view")
        # what kind of data gets which grade: a rule of protection, and no data
        | _every("catalog", "gradingtable", "view")
        | _verbs("catalog", "keep_gradingtable")
        | _every("accounts", "region organization user membership", "add", "change")
        | _verbs(
            "accounts",
            "create_region import_regions create_organization close_organization "
            "transfer_organization create_user invite_user unlock_user reset_second_factor "
            "deactivate_user grant_role "
            "revoke_role close_app revoke_key",
        )
    ),
    # Reads what happened, and proves it. Changes nothing.
    Role.AUDIT_ADMIN: (
        _every("audit", "entry link delivery", "view")
        | _verbs("audit", "verify_chain seal_month export_entry")
    ),
}

CITY_WIDE = frozenset({Role.OPERATOR}) | ADMIN_ROLES
"""Roles that act for the whole city; every other role acts for its own organisation only."""


class NotAllowed(PermissionDenied):
    """This person may not do this here; the sentence says which roles may."""

    code = "not-allowed"
    status = 403


def holders(permission: str) -> tuple[Role, ...]:
    """Return the roles that hold `permission`, in the order of the table."""
    return tuple(role for role, held in PERMISSIONS.items() if permission in held)


def require(user: "User", permission: str, organization: "Organization | None" = None) -> None:
    """Return if `user` may do `permission` (on what belongs to `organization`, if one is given).

    A role that acts for one organisation counts only there; operators and administrators act for
    the whole city. The memberships are read afresh (on a page that is only looked at, once:
    `accounts.looking`): a right taken away is gone at the next call.
    A person who has the right only while acting for somebody (`accounts.delegations`) is noted as
    acting for them, so that what the verb writes down names both.

    Raises NotAllowed, whose sentence names the roles that may.
    """
    if user.is_active:
        for right in user.rights():
            here = organization is None or right.organization_id == organization.pk
            if permission in PERMISSIONS[right.role] and (here or right.role in CITY_WIDE):
                user.acts_for = right.lent_by
                return
    raise NotAllowed(_refusal(permission, organization))


def _refusal(permission: str, organization: "Organization | None") -> str:
    roles = ", ".join(str(role.label) for role in holders(permission)) or _("nobody")
    if organization is None:
        text = _(
            "You do not hold the role that this step needs. It can be taken by: %(roles)s. "
            "Ask the security administrator if that should be you."
        )
        return text % {"roles": roles}
    text = _(
        "You do not hold the role that this step needs for “%(organization)s”. It can be taken "
        "by: %(roles)s. Ask the security administrator if that should be you."
    )
    return text % {"roles": roles, "organization": organization}
