"""The last refused calls of each key, for its owner: a short list in Valkey, gone after a month.

What was delivered is in the audit trail. A refusal delivered nothing; it is kept so that people
can see why their program stands still. The address is kept without what was asked after the “?”,
and the sentence in each language, since who reads it need not speak the program's.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import redis

from audit import stream

KEPT = 200
KEPT_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class RefusedCall:
    """A call that was refused: when, with which key, where, and why.

    `sentence` is by language; a plain text where an older release kept it as it was told.
    """

    at: datetime
    key_id: int
    path: str
    status: int
    code: str
    sentence: str | Mapping[str, str] = ""

    def said(self, language: str) -> str:
        """Return why, in a language; in the first there is where it is not kept in that one."""
        if isinstance(self.sentence, str):
            return self.sentence
        return self.sentence.get(language) or next(iter(self.sentence.values()), "")


def note(call: RefusedCall) -> None:
    """Keep a refused call. Where Valkey does not answer it is not kept: the refusal stands."""
    name = f"refused:{call.key_id}"
    told = json.dumps(
        [call.at.astimezone(UTC).isoformat(), call.path, call.status, call.code, call.sentence]
    )
    try:
        stream.tell("LPUSH", name, told)
        stream.tell("LTRIM", name, 0, KEPT - 1)
        stream.tell("EXPIRE", name, KEPT_SECONDS)
    except redis.RedisError:
        return


def latest(key_ids: Iterable[int]) -> list[RefusedCall]:
    """Return the refused calls of these keys, newest first. Raises redis.RedisError."""
    found = []
    for key_id in key_ids:
        for text in stream.call("LRANGE", f"refused:{key_id}", 0, KEPT - 1):
            at, path, status, code, sentence = json.loads(text)
            found.append(
                RefusedCall(datetime.fromisoformat(at), key_id, path, status, code, sentence)
            )
    return sorted(found, key=lambda one: one.at, reverse=True)
