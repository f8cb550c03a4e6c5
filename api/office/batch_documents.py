"""The shapes of batch jobs for OpenAPI."""

from rest_framework import serializers

from api.office.documents import TREATMENTS, Flag
from exchange.batch_flow import BatchState
from exchange.models import BatchForm, BatchMark


class BatchAsked(serializers.Serializer):
    """How the file is to be written."""

    format = serializers.ChoiceField(choices=BatchForm.values, default=BatchForm.CSV)
    gzip = serializers.BooleanField(default=False)


class BatchDocument(serializers.Serializer):
    """A batch job. While it is written, `rows` and `bytes` say how far it is."""

    batch = serializers.IntegerField()
    dataset = serializers.CharField()
    grant = serializers.IntegerField()
    state = serializers.ChoiceField(choices=BatchState.values)
    note = serializers.CharField(allow_blank=True, help_text="why there is no file, or none now")
    format = serializers.ChoiceField(choices=BatchForm.values)
    gzip = serializers.BooleanField()
    mark = serializers.ChoiceField(choices=BatchMark.values, help_text="what names the grant")
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField()
    asked_at = serializers.DateTimeField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField()
    file = serializers.CharField()
    manifest = serializers.CharField()


class BatchList(serializers.Serializer):
    """Batch jobs of the caller's department on a dataset, the newest first."""

    count = serializers.IntegerField()
    batches = BatchDocument(many=True)


class BatchField(serializers.Serializer):
    """A column of the file: its name and titles, its type, and whether and how it is masked."""

    name = serializers.CharField()
    title_zh = serializers.CharField()
    title_en = serializers.CharField()
    type = serializers.CharField()
    treatment = serializers.ChoiceField(choices=TREATMENTS)
    mask = serializers.DictField(allow_null=True)


class BatchManifest(serializers.Serializer):
    """What a file is. `bytes` and `sha256` are of the file as fetched, packed if it is.

    `_flags` tells which of its rows are doubted, or were since it was begun.
    """

    batch = serializers.IntegerField()
    dataset = serializers.CharField()
    grant = serializers.IntegerField()
    file = serializers.CharField()
    format = serializers.ChoiceField(choices=BatchForm.values)
    gzip = serializers.BooleanField()
    row_number = serializers.CharField(help_text="the first column: a row's number in the feed")
    fields = BatchField(many=True)  # type: ignore[assignment]  # DRF's attribute of this name
    mark = serializers.ChoiceField(choices=BatchMark.values)
    mark_column = serializers.CharField(allow_null=True, help_text="the last column, if any")
    rows = serializers.IntegerField(help_text="without the header")
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()
    seq = serializers.IntegerField(help_text="go on from here with changes?since=…")
    made_at = serializers.DateTimeField()
    _flags = Flag(many=True)
