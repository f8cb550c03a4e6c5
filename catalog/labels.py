"""The law's closed sets as people read them, for every door. Their values: `policy.terms`."""

from django.utils.translation import gettext_lazy as _

from policy.terms import Grade, OpenType, ShareType

GRADES = {
    int(Grade.L1): _("L1 public"),
    int(Grade.L2): _("L2 internal"),
    int(Grade.L3): _("L3 sensitive"),
    int(Grade.L4): _("L4 highly sensitive"),
    int(Grade.IMPORTANT): _("important data"),
}
SHARE_TYPES = {
    ShareType.UNCONDITIONAL.value: _("shared unconditionally"),
    ShareType.CONDITIONAL.value: _("shared conditionally"),
    ShareType.NOT_SHARED.value: _("not shared"),
}
OPEN_TYPES = {
    OpenType.UNCONDITIONAL.value: _("opened unconditionally"),
    OpenType.CONDITIONAL.value: _("opened conditionally"),
    OpenType.NOT_OPEN.value: _("not opened"),
}
