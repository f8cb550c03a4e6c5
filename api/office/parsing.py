"""Bodies of calls that ask for something: read within bounds, every part by its name."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.settings import api_settings

from exchange.sharing import wording
from exchange.sharing.requests import RequestUnfit

LONGEST_BODY = 1_000_000
"""Bytes of a body in JSON."""

NOT_KEPT: Mapping[str, Promise] = {
    "null_characters_not_allowed": gettext_lazy(
        "It has a NUL character (U+0000), which no text can hold. Take it out, and send it again."
    ),
    "surrogate_characters_not_allowed": gettext_lazy(
        "It has half of a character (a single surrogate), which no text can hold. Send the whole"
        " character, or take it out."
    ),
}
"""What is said of signs that cannot be kept, by the framework's code for them."""


class BoundedJSON(JSONParser):
    """JSON, as long and as deep as a call may be. Raises ParseError."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Return what the body says."""
        meta = (parser_context or {})["request"].META
        length = meta.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > LONGEST_BODY:
            raise ParseError(_("it has more than %(most)s bytes") % {"most": LONGEST_BODY})
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as deep:
            raise ParseError(_("it is nested too deeply")) from deep


class Choice(serializers.ChoiceField):
    """One word of a closed set; the refusal of another one names them all."""

    def fail(self, key: str, **kwargs: Any) -> NoReturn:
        """Raise ValidationError."""
        if key == "invalid_choice":
            raise serializers.ValidationError(
                _("“%(given)s” is not among what can be said here: %(known)s.")
                % {"given": str(kwargs["input"])[:40], "known": ", ".join(map(str, self.choices))}
            )
        super().fail(key, **kwargs)


def told(request: Request, kind: type[serializers.Serializer]) -> dict[str, Any]:
    """Return what a body says, as `kind` describes it.

    Raises RequestUnfit, which names each part that does not fit or is not known; ParseError.
    """
    body = request.data
    if not isinstance(body, Mapping):
        raise RequestUnfit(
            _("The body is to be a JSON object with the parts that the API's document names.")
        )
    asked = kind(data=body)
    wrong: dict[str, list[str]] = {}
    for name, deeper in _unknown(body, asked):
        sentence = _("There is no such part.")
        wrong.setdefault(name, []).append(f"{deeper}: {sentence}" if deeper else sentence)
    if not asked.is_valid():
        wrong |= {name: list(_sentences(found)) for name, found in asked.errors.items()}
    if wrong:
        raise wording.unfit(wrong)
    return asked.validated_data


def _unknown(body: Mapping[str, Any], asked: serializers.Serializer) -> Iterator[tuple[str, str]]:
    """Yield each part that nothing reads: its name, and the way from there to one deeper in it."""
    for name, said in body.items():
        if name not in asked.fields:
            yield name, ""
            continue
        inner = getattr(asked.fields[name], "child", asked.fields[name])
        if isinstance(inner, serializers.Serializer):
            for one in said if isinstance(said, list) else [said]:
                for first, rest in _unknown(one, inner) if isinstance(one, Mapping) else ():
                    yield name, f"{first}: {rest}" if rest else first


def _sentences(found: Any) -> Iterator[str]:
    """Yield what is wrong with a part, however deep it stands."""
    if isinstance(found, Mapping):
        for name, deeper in found.items():
            for sentence in _sentences(deeper):
                named = isinstance(name, str) and name != api_settings.NON_FIELD_ERRORS_KEY
                yield f"{name}: {sentence}" if named else sentence
    elif isinstance(found, list):
        for one in found:
            yield from _sentences(one)
    else:
        yield str(NOT_KEPT.get(getattr(found, "code", ""), found))
