"""The shapes of asking by API, for OpenAPI and to read what is sent."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from api import documents
from api.office.documents import Treated
from api.office.parsing import Choice
from catalog.terms import ClockStep
from exchange.models import Answer, Purpose
from exchange.models import Ground as RefusalGround
from exchange.models.references import LONGEST_REFERENCE
from exchange.sharing.contents import ASKED_WAYS, LONGEST_DAYS
from exchange.workflow import ASIDES, STEPS, State
from policy.terms import Grade

TAG = "share requests"
CEILINGS = [Grade.L2.name, Grade.L3.name, Grade.L4.name]
MOST_DATASETS = 12
MOST_CALLS = 10**9
LARGEST = 2**63 - 1
WAYS_TOLD = "rows on demand, a yes or no, or a whole file"
LAST_DAY = f"the last day, included; {LONGEST_DAYS} days at most"
PROBLEMS = documents.problems(400, 401, 403, 404, 409, 410, 422, 429, 503)


class RowsAsked(serializers.Serializer):
    """A condition that every row meets: a field by name, and the values that it may have."""

    field = serializers.CharField(max_length=63)
    values = serializers.ListField(
        child=serializers.CharField(max_length=500), min_length=1, max_length=200
    )


class PartAsked(serializers.Serializer):
    """What is asked of one dataset: fields by name, and conditions on its rows."""

    dataset = serializers.SlugField(max_length=80)
    fields = serializers.ListField(  # type: ignore[assignment]  # DRF's attribute of this name
        child=serializers.CharField(max_length=63), required=False, default=list, max_length=500
    )
    rows = RowsAsked(many=True, required=False, default=list)


class TermsAsked(serializers.Serializer):
    """What a request says beside its fields. A draft may lack what is not marked as required."""

    mode = Choice(choices=ASKED_WAYS, required=False, help_text=WAYS_TOLD)
    wanted_from = serializers.DateField(required=False)
    wanted_until = serializers.DateField(required=False, help_text=LAST_DAY)
    purpose_class = Choice(choices=Purpose.values, required=False, allow_blank=True)
    purpose = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    scene = serializers.CharField(max_length=200, required=False, allow_blank=True)
    system = serializers.CharField(max_length=200, required=False, allow_blank=True)
    basis = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST,
        required=False,
        allow_null=True,
        help_text="an article of the library, by its number in /api/v1/office/bases",
    )
    basis_text = serializers.CharField(
        max_length=400,
        required=False,
        allow_blank=True,
        help_text="law or document with its article, where the library does not have it",
    )
    clear_up_to = Choice(
        choices=CEILINGS, required=False, help_text="the highest grade asked for in clear; L2"
    )
    calls_average = serializers.IntegerField(
        min_value=0, max_value=MOST_CALLS, required=False, allow_null=True, help_text="a day"
    )
    calls_peak = serializers.IntegerField(
        min_value=0, max_value=MOST_CALLS, required=False, allow_null=True, help_text="a day"
    )


class DraftAsked(TermsAsked):
    """A new draft; several datasets in one are drafted, laid before the head and signed together.

    `reference` is yours: the same one with the same content drafts nothing twice.
    """

    mode = Choice(choices=ASKED_WAYS, help_text=WAYS_TOLD)
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField(help_text=LAST_DAY)
    datasets = PartAsked(  # type: ignore[call-arg]  # bounds of the list around it
        many=True, min_length=1, max_length=MOST_DATASETS
    )
    reference = serializers.CharField(
        max_length=LONGEST_REFERENCE, required=False, allow_blank=True
    )
    renews = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST,
        required=False,
        allow_null=True,
        help_text="your grant that the request renews, as it stands",
    )


class Seen(serializers.Serializer):
    """What was read before, to be refused where it is another by now."""

    seen = serializers.CharField(
        max_length=32, required=False, allow_blank=True, help_text="“digest” as it was read"
    )


class ChangeAsked(TermsAsked, Seen):
    """The parts that change; those left out stay as they are."""

    fields = serializers.ListField(  # type: ignore[assignment]  # DRF's attribute of this name
        child=serializers.CharField(max_length=63), required=False, max_length=500
    )
    rows = RowsAsked(many=True, required=False)


class WithdrawalAsked(serializers.Serializer):
    """Why nothing is asked any more; the provider reads it, if it had the request."""

    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class FileAsked(serializers.Serializer):
    """A file, as multipart/form-data."""

    file = serializers.FileField(help_text="pdf, ofd, docx, png or jpg; 10 MB at most")


class RequestFile(serializers.Serializer):
    """A file that was handed in."""

    attachment = serializers.IntegerField()
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    sha256 = serializers.CharField()
    added_at = serializers.DateTimeField()


class RequestFiles(serializers.Serializer):
    """All files of a request, and of those that it was drafted with."""

    request = serializers.IntegerField()
    attachments = RequestFile(many=True)


class RequestSummary(serializers.Serializer):
    """A request in the list."""

    request = serializers.IntegerField()
    reference = serializers.CharField(allow_null=True)
    dataset = serializers.CharField()
    title = serializers.CharField()
    provider = serializers.CharField()
    state = serializers.ChoiceField(choices=State.values)
    state_told = serializers.CharField(help_text="in words")
    mode = serializers.ChoiceField(choices=ASKED_WAYS)
    purpose = serializers.CharField(allow_blank=True)
    wanted_from = serializers.DateField()
    wanted_until = serializers.DateField()
    due_on = serializers.DateField(allow_null=True)
    grant = serializers.IntegerField(allow_null=True)
    url = serializers.CharField()


class RequestList(serializers.Serializer):
    """Own requests, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    requests = RequestSummary(many=True)


class RequestTerms(serializers.Serializer):
    """What a request says."""

    purpose_class = serializers.ChoiceField(choices=Purpose.values, allow_blank=True)
    scene = serializers.CharField(allow_blank=True)
    system = serializers.CharField(allow_blank=True)
    basis = serializers.IntegerField(allow_null=True)
    basis_text = serializers.CharField(allow_blank=True, help_text="with its article")
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # DRF's attribute of this name
    rows = RowsAsked(many=True)
    clear_up_to = serializers.CharField()
    calls_average = serializers.IntegerField(allow_null=True)
    calls_peak = serializers.IntegerField(allow_null=True)
    renews = serializers.IntegerField(allow_null=True)


class CountedDay(serializers.Serializer):
    """A day after the beginning, up to the last one, as it was counted."""

    day = serializers.DateField()
    number = serializers.IntegerField(help_text="its number among working days; 0: offices rest")
    moved = serializers.BooleanField(
        help_text="a working day at a weekend, or a day of rest in the week"
    )
    estimated = serializers.BooleanField(help_text="holidays of its year are not entered yet")


class RequestDue(serializers.Serializer):
    """The time limit that runs, with the law behind it and every day that was counted."""

    rules = serializers.CharField(help_text="body of rules that has this limit")
    step = serializers.ChoiceField(choices=ClockStep.values)
    since = serializers.DateField(help_text="day it began, which does not count")
    starts_with = serializers.CharField(help_text="what it begins with, in words")
    working_days = serializers.IntegerField()
    extension_days = serializers.IntegerField(help_text="working days given on top; 0 if none")
    named_on = serializers.DateField(
        allow_null=True, help_text="last day named in a dispute, in place of the count"
    )
    due_on = serializers.DateField()
    days_left = serializers.IntegerField(help_text="working days; negative when late")
    citation = serializers.CharField()
    certainty = serializers.CharField()
    note = serializers.CharField(
        allow_blank=True, help_text="where holidays of that year are not entered yet"
    )
    days = CountedDay(many=True)


class Lacks(serializers.Serializer):
    """One thing that the request lacks before it can be laid before the head."""

    part = serializers.CharField()
    text = serializers.CharField()


class RequestAnswer(serializers.Serializer):
    """What the provider answered, once its head has signed; by null where the platform granted."""

    answer = serializers.ChoiceField(choices=Answer.values, allow_blank=True)
    ground = serializers.ChoiceField(choices=RefusalGround.values, allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class Foreseen(serializers.Serializer):
    """A field: what you are served of it now, and would be (or are) by this request."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's attribute of this name
    grade = serializers.CharField(allow_null=True)
    share_type = serializers.CharField()
    asked = serializers.BooleanField()
    now = Treated()
    then = Treated()


class RequestEventTold(serializers.Serializer):
    """One thing that happened; `by` is null where the platform itself acted."""

    what = serializers.ChoiceField(choices=[str(one) for one in [*STEPS, *ASIDES]])
    told = serializers.CharField(help_text="in words")
    state = serializers.ChoiceField(choices=State.values)
    text = serializers.CharField(allow_blank=True)
    by = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField()


class RequestDocument(RequestSummary):
    """A request with everything about it, as its department sees it."""

    digest = serializers.CharField(help_text="send it as “seen” with a change")
    together_with = serializers.ListField(
        child=serializers.IntegerField(), help_text="requests drafted in one with it"
    )
    terms = RequestTerms()
    drafted_by = serializers.CharField()
    signed_by = serializers.CharField(allow_null=True)
    received_at = serializers.DateTimeField(allow_null=True)
    due = RequestDue(allow_null=True)
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="what was found missing, all at once"
    )
    lacks = Lacks(many=True)
    answer = RequestAnswer(allow_null=True)
    then = serializers.ChoiceField(
        choices=["asked", "granted"], help_text="what “then” in the matrix follows"
    )
    at_once = serializers.BooleanField(
        help_text="all of it is unconditional, and no grant of yours on it was misused or"
        " stopped: the head's signature grants it"
    )
    matrix = Foreseen(many=True)
    attachments = RequestFile(many=True)
    events = RequestEventTold(many=True)


class RequestsKept(serializers.Serializer):
    """The requests that a call drafted, changed or moved, one for each dataset."""

    requests = RequestDocument(many=True)


class OfferForeseen(serializers.Serializer):
    """What would be served of a dataset under what you would ask for."""

    dataset = serializers.CharField()
    mode = serializers.ChoiceField(choices=ASKED_WAYS)
    at_once = serializers.BooleanField(
        help_text="all of it is unconditional, and no grant of yours on it was misused or"
        " stopped: the head's signature grants it"
    )
    clear = serializers.ListField(child=serializers.CharField())
    masked = serializers.ListField(child=serializers.CharField())
    withheld = serializers.ListField(child=serializers.CharField())
    lacks = serializers.ListField(
        child=serializers.CharField(), help_text="what a yes or no lacks to find its subjects"
    )
    fields = Foreseen(many=True)  # type: ignore[assignment]  # DRF's attribute of this name


class BasisFound(serializers.Serializer):
    """An article of the library that is in force."""

    basis = serializers.IntegerField()
    law = serializers.CharField()
    document_number = serializers.CharField(allow_blank=True)
    article = serializers.CharField()
    gist = serializers.CharField()
    certainty = serializers.CharField()
    in_force_from = serializers.DateField()
    in_force_until = serializers.DateField(allow_null=True)


class BasisList(serializers.Serializer):
    """Articles that have the words."""

    count = serializers.IntegerField()
    bases = BasisFound(many=True)


def _query(name: str, told: str, **more) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=told, **more)


LIST_PARAMETERS = [
    _query("state", "Only those that stand here.", enum=State.values),
    _query("reference", "Only those drafted with this reference of your app."),
    OpenApiParameter("after", int, description="From the “next” link."),
]
OFFER_PARAMETERS = [
    _query("fields", "Field names, separated by commas; without it all."),
    _query("mode", "The way of use; without it “query”.", enum=ASKED_WAYS),
    _query("clear_up_to", "The highest grade in clear; without it L2.", enum=CEILINGS),
    OpenApiParameter("wanted_from", {"type": "string", "format": "date"}, description="Or today."),
    OpenApiParameter(
        "wanted_until", {"type": "string", "format": "date"}, description="Or the first day."
    ),
]
EXAMPLES = [
    OpenApiExample(
        "two fields in clear, for one district",
        value={
            "reference": "licence-2026-114",
            "datasets": [
                {
                    "dataset": "business-registrations",
                    "fields": ["uscc", "name", "contact_phone"],
                    "rows": [{"field": "district", "values": ["望潮区"]}],
                }
            ],
            "mode": "query",
            "purpose_class": "basis",
            "purpose": "道路运输许可办理",
            "scene": "窗口受理",
            "system": "运政管理系统",
            "basis_text": "《海湾市道路运输管理办法》（虚构）第六条",
            "clear_up_to": "L3",
            "calls_average": 80,
            "calls_peak": 300,
            "wanted_from": "2026-07-01",
            "wanted_until": "2026-12-31",
        },
        request_only=True,
    )
]
CHANGE_EXAMPLES = [
    OpenApiExample(
        "less, and said better",
        value={"fields": ["uscc", "name"], "scene": "窗口受理、现场核查"},
        request_only=True,
    )
]
