"""The shapes of the department API for OpenAPI."""

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from api import documents
from api.documents import Reason
from exchange.agreements.keeping import Standing
from exchange.correction_flow import CorrectionState
from exchange.sharing.claiming import MOST_CLAIMS
from exchange.sharing.offered import Way
from exchange.sharing.verification import Result
from exchange.stop_flow import StopState
from exchange.workflow import GrantState

TAG = "department"
PROBLEMS = documents.problems(400, 401, 403, 404, 409, 410, 429, 503)
GRANT = OpenApiParameter(
    "grant",
    int,
    OpenApiParameter.QUERY,
    description="The number of your grant; needed where several of yours would do.",
)
TREATMENTS = ["clear", "masked", "withheld"]


class Flag(serializers.Serializer):
    """A row of the page that somebody reported as wrong; it is served all the same."""

    _id = serializers.IntegerField()
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # DRF's attribute of this name
    since = serializers.DateTimeField()
    state = serializers.ChoiceField(choices=CorrectionState.values)


class OfficeRecordPage(documents.RecordPage):
    """A page of rows under a grant; `_flags` where rows of it are doubted."""

    _flags = Flag(many=True, required=False)


class OfficeChangePage(documents.ChangePage):
    """A piece of the feed; `_flags` where rows are doubted just now, changed since or not."""

    _flags = Flag(many=True, required=False)


class OfficeStop(serializers.Serializer):
    """A provider's wish to stop the service, and where it stands."""

    state = serializers.ChoiceField(choices=StopState.values)
    from_day = serializers.DateField(
        help_text="once agreed or ordered, nothing is served from this day on"
    )
    answer_by = serializers.DateField(help_text="your head agrees or objects by then, at the desk")
    text = serializers.CharField()


class OfficeGrant(serializers.Serializer):
    """A grant of the caller's department. Days are inclusive; counts are of today."""

    grant = serializers.IntegerField()
    dataset = serializers.CharField()
    state = serializers.ChoiceField(choices=GrantState.values)
    serves = serializers.BooleanField(
        help_text="whether a call under it is served today; a withdrawn dataset serves none"
    )
    note = serializers.CharField(allow_blank=True, help_text="why nothing is served just now")
    modes = serializers.ListField(child=serializers.CharField())
    purpose = serializers.CharField()
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()
    deliver_by = serializers.DateField(
        allow_null=True,
        help_text="the last day for rows that are not on the platform yet; null: they are",
    )
    fields = serializers.ListField(child=serializers.CharField())  # type: ignore[assignment]  # DRF's attribute of this name
    rows = serializers.ListField(
        child=serializers.DictField(), help_text="conditions that every row served meets"
    )
    clear_up_to = serializers.CharField()
    app = serializers.CharField(allow_null=True, help_text="the only app it is for, if any")
    daily_quota = serializers.IntegerField(
        allow_null=True, help_text="null: your key's limits alone"
    )
    calls_today = serializers.IntegerField()
    calls_left = serializers.IntegerField(
        allow_null=True,
        help_text="null: no limit of its own, or nothing is served (`note` says why)",
    )
    subjects_left = serializers.IntegerField(
        allow_null=True,
        help_text="about how many further subjects claims may miss today, by all your grants on"
        " the dataset; null: no verification, or nothing is served",
    )
    stop = OfficeStop(allow_null=True, help_text="null: nobody asks to stop the service")


class OfficeGrantList(serializers.Serializer):
    """Own grants, the newest first."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    grants = OfficeGrant(many=True)


class AgreementProof(serializers.Serializer):
    """How the document that is kept stands to the audit chain."""

    standing = serializers.ChoiceField(choices=[str(one) for one in Standing])
    text = serializers.CharField()
    digest = serializers.CharField(help_text="of the document as it is kept now")
    recorded = serializers.CharField(
        allow_blank=True, help_text="the digest in the audit entry of the signature"
    )
    position = serializers.IntegerField(help_text="the entry's place in the chain; 0: not yet")


class Afterwards(serializers.Serializer):
    """What came after an agreement was signed: outside the document and its digest, in Chinese."""

    at = serializers.DateTimeField()
    what = serializers.CharField()
    why = serializers.CharField()


class OfficeAgreement(serializers.Serializer):
    """An agreement as it was frozen: `digest` is of the canonical JSON of `document`."""

    grant = serializers.IntegerField()
    number = serializers.CharField()
    made_at = serializers.DateTimeField()
    digest = serializers.CharField()
    algorithm = serializers.ChoiceField(choices=["sha256", "sm3"])
    proof = AgreementProof()
    document = serializers.DictField(help_text="docs/sharing.md has its parts")
    afterwards = Afterwards(
        many=True, help_text="suspensions, stops, renewal and end since it was signed, by day"
    )
    stop = OfficeStop(allow_null=True, help_text="null: nobody asks to stop the service")


class OfficeDatasetSummary(serializers.Serializer):
    """A dataset in the list: what it is, and how your department comes to its rows."""

    slug = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    title_zh = serializers.CharField()
    title_en = serializers.CharField()
    provider = serializers.CharField()
    update_cycle = serializers.CharField()
    published_at = serializers.DateTimeField()
    readable = serializers.BooleanField(help_text="whether a call for rows is answered now")
    grants = serializers.ListField(
        child=serializers.IntegerField(), help_text="own grants in force, by number"
    )
    way = serializers.ChoiceField(choices=Way.values)
    how = serializers.CharField(help_text="how to get it, in words")
    reasons = Reason(many=True)
    url = serializers.CharField()


class OfficeDatasetList(serializers.Serializer):
    """A page of datasets."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    datasets = OfficeDatasetSummary(many=True)


class Treated(serializers.Serializer):
    """What is served of a field, and why."""

    treatment = serializers.ChoiceField(choices=TREATMENTS)
    reasons = Reason(many=True)


class TreatedUnder(Treated):
    """The same under one grant."""

    grant = serializers.IntegerField()


class OfficeField(serializers.Serializer):
    """A field as the department sees it: without a grant, and under each in force."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's attribute of this name
    type = serializers.CharField()
    grade = serializers.CharField(allow_null=True)
    share_type = serializers.CharField()
    without_grant = Treated()
    under_grants = TreatedUnder(many=True)


class OfficeDatasetDocument(OfficeDatasetSummary):
    """A dataset with its fields, and all grants that the department has or had on it."""

    abstract = serializers.CharField()
    share_condition = serializers.CharField(allow_blank=True)
    contact = serializers.CharField()
    refreshed_at = serializers.DateTimeField(allow_null=True)
    records = serializers.CharField()
    changes = serializers.CharField()
    held = OfficeGrant(many=True)
    fields = OfficeField(many=True)  # type: ignore[assignment]  # DRF's attribute of this name


class VerificationClaims(serializers.Serializer):
    """Claims, each a subject's whole key and any other fields with the values they should have."""

    claims = serializers.ListField(
        child=serializers.DictField(),
        min_length=1,
        max_length=MOST_CLAIMS,
        help_text="fields by name; null or blank claims that there is no value",
    )


class VerificationAnswer(serializers.Serializer):
    """What is told of one claim: no value, only whether it matches."""

    result = serializers.ChoiceField(choices=[str(result) for result in Result])
    fields = serializers.DictField(  # type: ignore[assignment]  # DRF's attribute of this name
        child=serializers.ChoiceField(choices=[str(Result.MATCH), str(Result.MISMATCH)]),
        help_text="match or mismatch of each field beside the key",
    )
    because = serializers.ChoiceField(
        choices=["subject-used-up", "subjects-used-up"],
        allow_null=True,
        help_text="why a claim is not answered, right or wrong: today too many did not match",
    )


class VerificationAnswers(serializers.Serializer):
    """The answers in the order of the claims."""

    dataset = serializers.CharField()
    grant = serializers.IntegerField()
    count = serializers.IntegerField()
    results = VerificationAnswer(many=True)
