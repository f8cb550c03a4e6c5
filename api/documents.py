"""The shapes of requests and answers for OpenAPI; the answers themselves are made elsewhere."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from api.authentication import HEADER, KeyAuthentication
from exchange.records import areas
from exchange.records.aggregates import (
    DEFAULT_GROUPS,
    DISTRICT,
    MAX_GROUPED,
    MAX_GROUPS,
    MAX_MEASURES,
    Unit,
)
from exchange.records.query import DEFAULT_LIMIT, MAX_LIMIT, Operator, Total

PLACE = "the zone's place in its change feed; null under a company's grant for some rows"


class Reason(serializers.Serializer):
    """One reason behind a treatment or a refusal."""

    code = serializers.CharField()
    text = serializers.CharField()
    basis = serializers.CharField(allow_blank=True)


class ProblemDocument(serializers.Serializer):
    """An error (RFC 9457): `code` is stable, `detail` is a sentence for a person."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    reasons = Reason(many=True)
    request_id = serializers.CharField()


class TotalRows(serializers.Serializer):
    """How many rows match."""

    value = serializers.IntegerField()
    exact = serializers.BooleanField(help_text="false: an estimate of the database's planner")


class RecordPage(serializers.Serializer):
    """One page of rows. Paging is no snapshot: `moved` tells that the data changed meanwhile."""

    dataset = serializers.CharField()
    seq = serializers.IntegerField(allow_null=True, help_text=PLACE)
    moved = serializers.BooleanField(allow_null=True)
    refreshed_at = serializers.DateTimeField(allow_null=True)
    count = serializers.IntegerField()
    total = TotalRows(allow_null=True)
    masked = serializers.ListField(child=serializers.CharField())
    withheld = serializers.ListField(child=serializers.CharField())
    next = serializers.CharField(allow_null=True)
    rows = serializers.ListField(child=serializers.DictField())


class GroupDocument(serializers.Serializer):
    """One group: what it is of, by field, and its figures, by measure."""

    by = serializers.DictField()
    values = serializers.DictField()


class OthersDocument(serializers.Serializer):
    """The groups beyond the limit, as one; percentiles of them are null."""

    groups = serializers.IntegerField()
    values = serializers.DictField()


class LeftOut(serializers.Serializer):
    """Rows that are in no figure, for the smallest group that may be told."""

    smallest_group = serializers.IntegerField()
    rows = serializers.IntegerField()


class AggregateDocument(serializers.Serializer):
    """Figures of groups. `total` is of all rows that the filters select, `found` of all groups."""

    dataset = serializers.CharField()
    seq = serializers.IntegerField(allow_null=True, help_text=PLACE)
    refreshed_at = serializers.DateTimeField(allow_null=True)
    group = serializers.ListField(child=serializers.CharField())
    bucket = serializers.DictField(child=serializers.CharField())
    measures = serializers.ListField(child=serializers.CharField())
    count = serializers.IntegerField(help_text="groups in this answer")
    found = serializers.IntegerField(help_text="groups there are")
    left_out = LeftOut(allow_null=True)
    total = serializers.DictField()
    groups = GroupDocument(many=True)
    others = OthersDocument(allow_null=True)


class ChangePage(serializers.Serializer):
    """A piece of the change feed, at least once and in order."""

    dataset = serializers.CharField()
    seq = serializers.IntegerField(help_text="ask again with since=seq once next is null")
    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    rows = serializers.ListField(child=serializers.DictField())
    deleted = serializers.ListField(
        child=serializers.IntegerField(), help_text="ids that are gone"
    )


class FieldDocument(serializers.Serializer):
    """A field as the caller sees it, with the reasons."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's attribute of this name
    type = serializers.CharField()
    grade = serializers.CharField(allow_null=True)
    share_type = serializers.CharField()
    open_type = serializers.CharField()
    treatment = serializers.ChoiceField(
        choices=["clear", "masked", "withheld"], help_text="what the caller gets of its values"
    )
    coordinate = serializers.CharField(
        help_text="what it is of a place: an axis (gcj02.x), a geometry (gcj02.wkt), or empty"
    )
    reasons = Reason(many=True)


class DatasetSummary(serializers.Serializer):
    """A dataset in the list."""

    slug = serializers.CharField()
    code = serializers.CharField()
    title = serializers.CharField()
    title_zh = serializers.CharField()
    title_en = serializers.CharField()
    provider = serializers.CharField()
    update_cycle = serializers.CharField()
    published_at = serializers.DateTimeField()
    refreshed_at = serializers.DateTimeField(allow_null=True)
    rows = serializers.IntegerField()
    url = serializers.CharField()


class FacetOption(serializers.Serializer):
    """One value of a facet: as the parameter takes it, as people read it, how many datasets."""

    value = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's attribute of this name
    count = serializers.IntegerField()


class DatasetList(serializers.Serializer):
    """A page of datasets. `total` and `facets`, by the parameter's name, where asked for."""

    count = serializers.IntegerField()
    next = serializers.CharField(allow_null=True)
    datasets = DatasetSummary(many=True)
    total = serializers.IntegerField(required=False)
    facets = serializers.DictField(child=FacetOption(many=True), required=False)


class FileDocument(serializers.Serializer):
    """A file that the dataset offers: its newest version, or why it is withheld."""

    name = serializers.CharField()
    title = serializers.CharField()
    url = serializers.CharField(allow_null=True)
    file_name = serializers.CharField(allow_null=True)
    version = serializers.IntegerField(allow_null=True)
    bytes = serializers.IntegerField(allow_null=True)
    sha256 = serializers.CharField(allow_null=True)
    added_at = serializers.DateTimeField(allow_null=True)
    withheld = serializers.CharField(allow_null=True, help_text="why it is not given")


class DatasetDocument(DatasetSummary):
    """A dataset with its core metadata and its fields."""

    abstract = serializers.CharField()
    keywords = serializers.ListField(child=serializers.CharField())
    license = serializers.CharField()
    contact = serializers.CharField()
    grade = serializers.CharField(allow_null=True)
    records = serializers.CharField()
    download = serializers.CharField()
    changes = serializers.CharField()
    explain = serializers.CharField()
    places = serializers.DictField(
        allow_null=True, help_text="the rows' place: its system, and how to ask by it"
    )
    files = FileDocument(many=True)
    fields = FieldDocument(many=True)  # type: ignore[assignment]  # DRF's attribute of this name


class Explanation(serializers.Serializer):
    """The decision on each field of a dataset, as of a day."""

    dataset = serializers.CharField()
    as_of = serializers.DateField()
    reader = serializers.CharField()
    policy_version = serializers.IntegerField()
    fields = FieldDocument(many=True)  # type: ignore[assignment]  # DRF's attribute of this name


def _rules() -> serializers.ListField:
    return serializers.ListField(child=serializers.DictField(), required=False)


class PolicyDocument(serializers.Serializer):
    """A policy in ODRL 2.2, as JSON-LD; `@context`, `@id` and `@type` stand with these."""

    profile = serializers.CharField()
    assigner = serializers.CharField(help_text="who provides, by unified social credit code")
    permission = _rules()
    prohibition = _rules()


class OfferDocument(PolicyDocument):
    """An odrl:Offer: each field in a permission or in a prohibition."""

    conflict = serializers.CharField(help_text="prohibit: nothing beats the negative list")


class AgreementDocument(PolicyDocument):
    """An odrl:Agreement, in the subset of the Dataspace Protocol."""

    assignee = serializers.CharField()
    target = serializers.CharField(help_text="described below “@included”")
    timestamp = serializers.DateTimeField()
    obligation = _rules()


class Usage(serializers.Serializer):
    """What the caller's key may still do today."""

    app = serializers.CharField(allow_null=True)
    organization = serializers.CharField(allow_null=True)
    per_minute = serializers.IntegerField()
    minute_remaining = serializers.IntegerField()
    per_day = serializers.IntegerField()
    day_remaining = serializers.IntegerField()
    day_resets_in = serializers.IntegerField(help_text="seconds until midnight in Asia/Shanghai")


def _query(name: str, description: str, **more) -> OpenApiParameter:
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=description, **more)


FIELDS = _query("fields", "Field names, separated by commas; without it all that you may see.")
SORT = _query(
    "sort", "Field names, separated by commas; “-” before a name turns its order around."
)
FILTER = OpenApiParameter(
    "filter",
    OpenApiTypes.OBJECT,
    OpenApiParameter.QUERY,
    style="form",
    explode=True,
    description=(
        "Any other parameter is a filter: `field=value` or `field.operator=value`, with the"
        f" operators {', '.join(Operator)}. A field that is named like another parameter, or like"
        " a key (`limit`, `token`, …), is filtered with its operator: `limit.eq=5`."
        " Only fields you see in clear can be used."
    ),
    examples=[OpenApiExample("prefix", value={"name.prefix": "A"})],
)
AFTER = OpenApiParameter("after", int, description="From the “next” link.")
CURSOR = _query("cursor", "From the “next” link of a page; sealed, valid for the same query only.")
AREAS = [
    _query("bbox", "A box: west,south,east,north, in degrees of WGS84; geometries by theirs."),
    _query("bbox-crs", f"The system of `bbox`, one of: {', '.join(areas.LATITUDE_FIRST)}."),
    _query("near", "Around a point: longitude,latitude,metres, in degrees of WGS84."),
    _query("within", "Inside a region's boundary: its code. Where a dataset has coordinates."),
]
RECORD_PARAMETERS = [
    FIELDS,
    FILTER,
    SORT,
    OpenApiParameter(
        "limit",
        int,
        OpenApiParameter.QUERY,
        description=f"Rows a page, 1 to {MAX_LIMIT}; default {DEFAULT_LIMIT}.",
    ),
    CURSOR,
    _query("total", "Whether to count matching rows.", enum=[str(total) for total in Total]),
    *AREAS,
]
FEATURE_PARAMETERS = [
    FIELDS,
    FILTER,
    OpenApiParameter(
        "limit",
        int,
        OpenApiParameter.QUERY,
        description=f"Features a page, 1 to {MAX_LIMIT}; without it all, as one download.",
    ),
    CURSOR,
    *AREAS,
]
TILE_PARAMETERS = [FILTER, *AREAS]
DOWNLOAD_PARAMETERS = [
    FIELDS,
    FILTER,
    SORT,
    *AREAS,
    _query(
        "spreadsheet",
        "Whether a spreadsheet opens the file: with a BOM, and an apostrophe before each text that"
        " would be taken for a formula. Without it values are as they are.",
        enum=["true", "false"],
    ),
]
AGGREGATE_PARAMETERS = [
    _query(
        "group",
        f"Field names, separated by commas, at most {MAX_GROUPED}; none: one total. With"
        f" coordinates also `{DISTRICT}`: the smallest region whose boundary holds the place.",
    ),
    _query(
        "bucket",
        f"Unit of time of grouped days and moments: {', '.join(Unit)}; or `field:unit` by commas.",
    ),
    _query(
        "measure",
        "`count`, or sum, avg, min, max, p1 to p99 with a field, such as `sum:amount`; by commas,"
        f" at most {MAX_MEASURES}. Without it `count`.",
    ),
    FILTER,
    _query("sort", "A grouped field or a measure, “-” before it for the reverse; by commas."),
    OpenApiParameter(
        "limit",
        int,
        OpenApiParameter.QUERY,
        description=f"Groups, 1 to {MAX_GROUPS}; default {DEFAULT_GROUPS}. “others” has the rest.",
    ),
    *AREAS,
]
CHANGE_PARAMETERS = [
    OpenApiParameter(
        "since",
        int,
        OpenApiParameter.QUERY,
        description="A “seq” that this API gave out; 0 for everything.",
    ),
    CURSOR,
]
SENTENCES = {
    400: "The query cannot be understood, or the address carries a key.",
    401: "The key is unknown, revoked or expired.",
    403: "A field is masked or withheld, or a right or grant is missing; the reasons say why.",
    404: "No such dataset, or it has no table.",
    409: "No sync has brought rows yet; or several grants would do, and the call names none.",
    410: "The dataset was withdrawn, or the feed does not reach back that far.",
    422: "The content does not fit: a file that is too large, or not what its name says.",
    429: "Too many calls; Retry-After says when to come again.",
    503: "Too slow, or calls cannot be counted just now.",
}


def problems(*statuses: int) -> dict[tuple[int, str], OpenApiResponse]:
    """Return the documented errors of an operation, by status and media type."""
    return {
        (status, "application/problem+json"): OpenApiResponse(
            ProblemDocument, description=SENTENCES[status]
        )
        for status in statuses
    }


PROBLEMS = problems(*(status for status in SENTENCES if status != 422))


class KeyScheme(OpenApiAuthenticationExtension):
    """Tells OpenAPI where a key travels; found by drf-spectacular through its target class."""

    target_class = KeyAuthentication
    name = ["key", "bearer"]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[str]]]:
        """Return that either header is enough."""
        del auto_schema
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, str]]:
        """Return both headers that take a key."""
        del auto_schema
        told = "The key of an app. Without one you see what is open to everybody."
        return [
            {"type": "apiKey", "in": "header", "name": HEADER, "description": told},
            {"type": "http", "scheme": "bearer", "description": told},
        ]
