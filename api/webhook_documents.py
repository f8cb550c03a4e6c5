"""What webhooks are told, for OpenAPI: the section `webhooks` of the API's description."""

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema
from rest_framework import serializers

from exchange.hook_flow import PING, EventKind


class RowsChangedData(serializers.Serializer):
    """From where and to where the rows of a zone moved."""

    dataset = serializers.CharField()
    zone = serializers.ChoiceField(["open", "conditional"])
    since = serializers.IntegerField(help_text="the place in the feed before the change")
    seq = serializers.IntegerField(help_text="the place after it")
    changes = serializers.URLField(help_text="the change feed from `since` on")


class EntryData(serializers.Serializer):
    """A dataset, and where its document is."""

    dataset = serializers.CharField()
    url = serializers.URLField()


class WithdrawnData(EntryData):
    """A dataset that is gone, and why."""

    reason = serializers.CharField()


class PolicyData(serializers.Serializer):
    """A dataset, and where its decisions are explained."""

    dataset = serializers.CharField()
    policy_version = serializers.IntegerField()
    explain = serializers.URLField()


class GrantData(serializers.Serializer):
    """A grant of the app's organisation, as it stands now."""

    grant = serializers.IntegerField()
    dataset = serializers.CharField()
    state = serializers.ChoiceField(["live", "suspended", "ended", "disposed"])
    valid_from = serializers.DateField()
    valid_until = serializers.DateField()


class PingData(serializers.Serializer):
    """What an answer has to have in it, so that the address is confirmed."""

    webhook = serializers.IntegerField()
    challenge = serializers.CharField()


DATA: dict[str, tuple[type[serializers.Serializer], str]] = {
    EventKind.ROWS_CHANGED: (RowsChangedData, "Rows that the receiver may see changed."),
    EventKind.PUBLISHED: (EntryData, "A dataset came into the catalogue; told of any."),
    EventKind.CHANGED: (EntryData, "The description or the fields of a dataset changed."),
    EventKind.WITHDRAWN: (WithdrawnData, "A dataset was withdrawn."),
    EventKind.POLICY_CHANGED: (PolicyData, "What may be seen of a dataset is decided anew."),
    EventKind.GRANT_CHANGED: (GrantData, "A grant of the app was given, or holds again."),
    EventKind.GRANT_SUSPENDED: (GrantData, "A grant of the app was suspended."),
    EventKind.GRANT_ENDED: (GrantData, "A grant of the app ended."),
    PING: (PingData, "Asked for by the owner: the answer must have the challenge in it."),
}

ANSWERS = {
    "2XX": OpenApiResponse(description="Taken. To a ping: with the challenge in the body."),
    "410": OpenApiResponse(description="Not wanted any more: the webhook is switched off."),
    "default": OpenApiResponse(description="Not taken: tried again, with growing waits."),
}


def _webhook(kind: str, data: type[serializers.Serializer], summary: str) -> OpenApiWebhook:
    name = "".join(part.capitalize() for part in kind.replace(".", "_").split("_"))
    fields = {
        "type": serializers.ChoiceField([kind]),
        "timestamp": serializers.DateTimeField(help_text="when it happened"),
        "sequence": serializers.IntegerField(help_text="higher for what began later"),
        "data": data(),
    }
    body = type(f"{name}Event", (serializers.Serializer,), {"__doc__": summary, **fields})
    told = extend_schema(
        operation_id=f"on_{kind.replace('.', '_')}",
        summary=summary,
        description="Signed in the headers webhook-id, webhook-timestamp and webhook-signature.",
        request=body,
        responses=ANSWERS,
        tags=["webhooks"],
    )
    return OpenApiWebhook(name=kind, decorator=told)


WEBHOOKS = [_webhook(str(kind), data, summary) for kind, (data, summary) in DATA.items()]
"""By the setting SPECTACULAR_SETTINGS."""
