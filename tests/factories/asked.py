"""A department that asks for one field of a dataset, signed by its head."""

from accounts.roles import Role
from catalog.models import Dataset, Field
from exchange.models import Purpose, ShareRequest
from exchange.sharing import asking
from exchange.sharing.contents import Terms
from policy.terms import Grade, Mode
from tests.factories import accounts, exchange
from tests.factories.sharing import TODAY, UNTIL


def asked_for(dataset: Dataset, field: Field, *, mode: Mode = Mode.BULK) -> ShareRequest:
    """Ask for a field in clear, and sign."""
    place = accounts.organization()
    clerk, head = accounts.user(Role.PUBLISHER, place), accounts.user(Role.HEAD, place)
    terms = Terms(
        purpose_class=Purpose.BASIS,
        purpose="办理补贴",
        scene="窗口受理",
        system="补贴审核系统",
        mode=mode,
        fields=[field.pk],
        wanted_from=TODAY,
        wanted_until=UNTIL,
        basis_text="《租房补贴办法》第三条",
        clear_up_to=Grade.L3,
    )
    draft = asking.draft(dataset.pk, terms, organization=place, by=clerk, at=exchange.NOW)
    asking.submit(draft.pk, by=clerk, at=exchange.NOW)
    return asking.sign(draft.pk, vouched=True, by=head, at=exchange.NOW)
