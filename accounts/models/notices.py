from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.utils.translation import gettext_lazy as _

from accounts.models.organizations import Organization
from accounts.roles import Role


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Phrases about notices."""

    def open(self):
        """What it was about has not been settled."""
        return self.filter(settled_at=None)

    def unmailed(self):
        """Meant for the mail, and not sent yet."""
        return self.filter(by_mail=True, mailed_at=None)

    def mailable(self, at):
        """Not sent yet, and not waiting for a mail server that did not take it."""
        return self.unmailed().filter(Q(mail_due_at=None) | Q(mail_due_at__lte=at))


class Notice(models.Model):
    """Something that whoever holds a role in an organisation should know.

    Addressed to the role and not to a person, so that nothing is lost when people change.
    Without an organisation it is for the role everywhere. What a member said for themselves is
    answered to that `person`, and to no role. `accounts.notices` says each kind's
    sentence; `words` fills it in. `settled_at` is when what it asked for was done. While the mail
    server does not take a mail, `mail_due_at` is when it is tried again after `mail_tries`, and
    `mail_reached` numbers the people who have theirs.
    """

    kind = models.CharField(_("kind"), max_length=40)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name=_("organisation"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    target = models.CharField(_("target"), max_length=60)
    words = models.JSONField(_("words"), default=dict, blank=True)
    due_on = models.DateField(_("due on"), null=True, blank=True)
    told_at = models.DateTimeField(_("told at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    by_mail = models.BooleanField(_("by mail"), default=False)
    mailed_at = models.DateTimeField(_("mailed at"), null=True, blank=True)
    mail_due_at = models.DateTimeField(_("mail tried again at"), null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(_("tries of the mail"), default=0, db_default=0)
    mail_reached = models.JSONField(
        _("mail reached"), default=list, db_default=Value([], models.JSONField()), blank=True
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        indexes = [models.Index(fields=["role", "organization", "-told_at"], name="notice_latest")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target", "role", "organization", "person"],
                condition=Q(settled_at=None),
                nulls_distinct=False,
                name="accounts_notice_told_once_while_open",
            ),
            models.CheckConstraint(
                name="accounts_notice_to_a_role_or_a_person",
                condition=Q(person=None) & ~Q(role="")
                | Q(person__isnull=False, role="", organization=None),
            ),
        ]

    def __str__(self):
        return f"{self.kind} {self.target}"


class NoticeSeen(models.Model):
    """That a person has seen a notice."""

    notice = models.ForeignKey(
        Notice, models.CASCADE, related_name="seen", verbose_name=_("notice")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("person")
    )
    seen_at = models.DateTimeField(_("seen at"))

    class Meta:
        verbose_name = _("notice seen")
        verbose_name_plural = _("notices seen")
        constraints = [
            models.UniqueConstraint(fields=["notice", "user"], name="accounts_notice_seen_once"),
        ]

    def __str__(self):
        return f"{self.user}: {self.notice}"
