"""What the demo shows of each way of use: true claims, a file that is awaited, one use record."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from demo import rows, used
from demo.client import Answer, Call
from demo.kept import Kept, Office
from policy.identifiers import is_resident_id

OFFICE = Office("cdx_abcdef_secret", {"query": 10, "verify": 11, "bulk": 12})
FOUND = Kept(seed=3, total=4400, office=OFFICE)


class Scripted:
    """Answers calls by the end of their path, in turn; keeps what was asked."""

    def __init__(self, **said: list[tuple[int, Any]]) -> None:
        self.said = {name: list(answers) for name, answers in said.items()}
        self.asked: list[Call] = []

    def answer(self, call: Call) -> Answer:
        self.asked.append(call)
        status, content = self.said[call.path.rpartition("/")[2]].pop(0)
        whole = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Answer(call, call.address("http://city"), status, whole, 0.001)


def columns(row: rows.Row) -> Mapping[str, object]:
    return dict(zip(rows.VOLUNTEER_HEADER, row, strict=True))


@pytest.mark.parametrize("second", range(used.PEOPLE))
def test_one_claim_is_true_of_a_sound_row_and_the_other_has_a_wrong_name(second, monkeypatch):
    monkeypatch.setattr(used.time, "time", lambda: second)
    people = {one["volunteer_no"]: one for one in map(columns, rows.volunteers(200, seed=3))}

    true, wrong = used.claims(FOUND)

    first, other = people[true["volunteer_no"]], people[wrong["volunteer_no"]]
    assert (true["name"], true["id_number"]) == (first["xm"], first["sfzh"])
    assert wrong["id_number"] == other["sfzh"]
    assert wrong["name"] != other["xm"]
    assert first is not other
    assert is_resident_id(true["id_number"])
    assert is_resident_id(wrong["id_number"])


def test_every_call_names_its_grant_and_is_printed_with_what_came():
    client = Scripted(
        records=[(200, {"count": 1, "rows": [{"uscc": "9"}], "masked": ["legal_person"]})],
        verifications=[(200, {"results": [{"result": "match"}, {"result": "mismatch"}]})],
        batches=[(202, {"batch": 5, "state": "queued"})],
        file=[(200, b"_id,uscc\n1,9\n2,8\n")],
        manifest=[(200, {"rows": 2, "bytes": 17})],
        uses=[(200, {"count": 0}), (201, {"record": 1, "scene": "x"})],
        **{"5": [(200, {"state": "ready"})]},
    )

    made = list(used.each(client, FOUND, OFFICE))

    text = "\n".join(got.printed(place, "cdx_abcdef") for place, got in enumerate(made, 4))
    under = [dict(one.query).get("grant") for one in client.asked if "datasets" in one.path]
    assert under == ["10", "11", "12"]
    assert "first line: _id,uscc" in text
    assert "2 rows, 17 bytes" in text
    assert "secret" not in text
    assert used.summary(made, OFFICE).splitlines() == [
        "  query  查询  grant  10  1 rows, 1 fields masked",
        "  verify 核验  grant  11  match, mismatch",
        "  bulk   批量  grant  12  a file of 2 rows, 17 bytes",
    ]


def test_after_a_refusal_nothing_more_is_called_and_its_words_are_printed():
    client = Scripted(records=[(403, {"detail": "Name the grant."})])

    [got] = used.each(client, FOUND, OFFICE)

    assert not got.answer.fits
    assert "Name the grant." in got.printed(4, "cdx_abcdef")


@pytest.mark.parametrize("state", ["failed", "expired"])
def test_a_file_that_will_not_come_is_not_waited_for(state):
    client = Scripted(
        batches=[(202, {"batch": 5, "state": "queued"})], **{"5": [(200, {"state": state})]}
    )

    with pytest.raises(used.NotMade, match=state):
        list(used.batched(client, OFFICE))


def test_a_file_is_waited_for_no_longer_than_is_said(monkeypatch):
    monkeypatch.setattr(used, "FILE_SECONDS", 0)
    client = Scripted(batches=[(202, {"batch": 5, "state": "queued"})])

    with pytest.raises(used.NotMade, match="start again"):
        list(used.batched(client, OFFICE))


def test_the_use_is_written_down_once():
    there = {"record": 1, "first_on": "2026-03-02", "last_on": "2026-03-02", "scene": "窗口"}
    client = Scripted(uses=[(200, {"count": 1, "uses": [there]})])

    [got] = used.recorded(client, OFFICE)

    assert got.answer.fits
    assert [one.body for one in client.asked] == [None]
    assert "record 1" in got.lines[0]
