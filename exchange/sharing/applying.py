"""What a company says when it applies for conditional open data, and what it can be given.

Opening to companies is outside Order 809 (art 3): it rests on the rules of the place. Articles 46
to 50 of 《深圳经济特区数据条例》 have conditional opening state way, use and security
measures. So an application names security measures in place of a legal basis.
"""

from datetime import date

from django.utils.translation import gettext as _

from accounts.models import Organization
from catalog.models import Dataset, Field
from exchange.models import ShareRequest
from exchange.sharing import matrix
from exchange.sharing.matrix import Line, Offer
from exchange.sharing.requests import RequestUnfit, asked
from policy.decision import OPEN_CEILING
from policy.terms import Channel, Mode, Treatment

WAYS = (Mode.QUERY, Mode.BULK)
"""The ways of use that a company applies for: page by page, or whole files."""


def can_apply(dataset: Dataset, organization: Organization) -> None:
    """Return if a company may apply for a published dataset. Raises RequestUnfit."""
    if organization.is_personal:
        raise RequestUnfit(
            _(
                "Companies apply for conditional data. Have the data authority check that you"
                " build for one: name it by its credit code."
            )
        )
    if not any(line.gains for line in attainable(dataset, organization.pk)):
        raise RequestUnfit(
            _(
                "Nothing of “%(dataset)s” can be applied for: what is open is open to everybody,"
                " and what is not is not opened on condition. Its page says why, field by field."
            )
            % {"dataset": dataset}
        )


def attainable(
    dataset: Dataset,
    organization_id: int,
    *,
    today: date | None = None,
    besides: int | None = None,
) -> list[Line]:
    """Return each field as a company sees it now, and at most could under a grant.

    On `today`, or whenever the grant begins. No concealed field is among them. `besides` is a
    grant that is not counted: the one that is renewed. Three queries.
    """
    day = today or date.max
    fields = Field.objects.filter(resource__dataset=dataset).live()
    most = Offer(
        fields=tuple(fields.values_list("pk", flat=True)),
        mode=Mode.QUERY,
        clear_up_to=OPEN_CEILING,
        valid_from=day,
        valid_until=day,
    )
    return seen_lines(dataset, organization_id, most, today=day, besides=besides)


def seen_lines(
    dataset: Dataset,
    organization_id: int,
    offer: Offer,
    *,
    today: date,
    besides: int | None = None,
) -> list[Line]:
    """Return what a company sees of a dataset now and would under an offer, field by field.

    No concealed field is among them; `besides` as in `attainable`. Three queries.
    """
    lines = matrix.matrix(
        dataset, organization_id, offer, today=today, besides=besides, channel=Channel.OPEN
    )
    return [line for line in lines if not line.field.concealed]


def asked_for(request: ShareRequest) -> list[tuple[str, object, str]]:
    """Return what an application has to say: the part, what it says, and the sentence if not."""
    return [
        ("purpose", request.purpose.strip(), _("Say what the data is needed for.")),
        ("scene", request.scene.strip(), _("Say in which product or business it is used.")),
        (
            "safeguards",
            request.safeguards.strip(),
            _("Say by which security measures the data is protected at your company."),
        ),
        (
            "mode",
            Mode(request.mode) in WAYS,
            _("Choose whether you read page by page or fetch whole files."),
        ),
    ]


def pointless(request: ShareRequest, *, today: date) -> list[str]:
    """Return why an application would bring the company nothing, as sentences; [] where it does.

    Three queries.
    """
    lines = seen_lines(
        request.dataset,
        request.organization_id,
        asked(request),
        today=today,
        besides=request.renews_id,
    )
    wanted = [line for line in lines if line.asked]
    if not wanted or any(line.gains for line in wanted):
        return []
    named = ", ".join(line.field.label for line in wanted)
    if all(line.now.treatment == Treatment.CLEAR for line in wanted):
        return [_("You may read %(fields)s already, without applying.") % {"fields": named}]
    return [
        _(
            "Of %(fields)s you would see no more than now. The list beside says why, field by"
            " field: choose others, or another grade or period."
        )
        % {"fields": named}
    ]
