"""What a department gets under a grant of each way of use: rows, a yes or no, a file; its record.

The department holds several grants on one dataset, so each call names the one it is made under.
"""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from demo import rows
from demo.client import Answer, Call, Client, heading, short
from demo.kept import Kept, Office

REGISTRATIONS = "office/datasets/business-registrations"
VOLUNTEERS = "office/datasets/registered-volunteers"
LOOK_SECONDS = 0.2
FILE_SECONDS = 60
PEOPLE = 40
"""Of so many volunteers two are claimed, others each time: misses about one are bounded."""
WAYS = {"query": "query  查询", "verify": "verify 核验", "bulk": "bulk   批量"}
CITY = ZoneInfo("Asia/Shanghai")


class NotMade(Exception):
    """The file was not there in time."""


@dataclass(frozen=True, slots=True)
class Got:
    """An answer and what of it is worth reading; where it is what was asked for, in which way."""

    answer: Answer
    lines: tuple[str, ...]
    mode: str = ""
    summary: str = ""

    def printed(self, number: int, prefix: str) -> str:
        """Return it as a few lines."""
        told = [f"   {line}" for line in self.lines]
        if not self.answer.fits:
            told = [f"   {self.answer.content.decode(errors='replace')}"]
        return "\n".join([*heading(self.answer, number, prefix), *told])


def each(client: Client, found: Kept, office: Office) -> Iterator[Got]:
    """Call in each way of use and write down the use; yield what came. Raises NotMade, OSError.

    Ends with the first answer that is not as it should be.
    """
    for step in (
        queried(client, office),
        verified(client, office, claims(found)),
        batched(client, office),
        recorded(client, office),
    ):
        for got in step:
            yield got
            if not got.answer.fits:
                return


def queried(client: Client, office: Office) -> Iterator[Got]:
    """Ask for rows on demand."""
    call = Call(
        "Query: a page of registrations, the contact's telephone in clear as granted",
        f"{REGISTRATIONS}/records",
        (_named(office, "query"), ("limit", "2")),
    )
    answer = client.answer(call)
    page = answer.body if answer.fits else {}
    hidden = {name: page[name] for name in ("masked", "withheld") if page.get(name)}
    yield Got(
        answer,
        (
            *(f"row: {short(row)}" for row in page.get("rows", ())),
            *(f"{name}: {short(value)}" for name, value in hidden.items()),
        ),
        "query",
        f"{page.get('count')} rows, {len(hidden.get('masked', []))} fields masked",
    )


def claims(found: Kept) -> list[dict[str, Any]]:
    """Return two claims about invented volunteers: one that is true, one with a wrong name."""
    listed = [row for row in _volunteers(found) if str(row[0]).isdigit()]
    place = int(time.time()) % (len(listed) - 1)
    true, other = listed[place], listed[place + 1]
    return [_claim(true, name=true[1]), _claim(other, name=f"非{other[1]}")]


def _volunteers(found: Kept) -> Iterator[rows.Row]:
    """Yield the first volunteers whose rows are sound."""
    made = itertools.islice(rows.volunteers(PEOPLE, seed=found.seed), PEOPLE)
    return (row for place, row in enumerate(made) if place % rows.RHYTHM not in rows.SPOILED)


def _claim(row: rows.Row, *, name: object) -> dict[str, Any]:
    return {"volunteer_no": row[0], "name": name, "id_number": row[2]}


def verified(client: Client, office: Office, claimed: list[dict[str, Any]]) -> Iterator[Got]:
    """Have claims held against the rows: yes or no, and no value."""
    call = Call(
        "Verify: two claims about invented volunteers, answered yes or no",
        f"{VOLUNTEERS}/verifications",
        (_named(office, "verify"),),
        body={"claims": claimed},
    )
    answer = client.answer(call)
    results = answer.body["results"] if answer.fits else []
    yield Got(
        answer,
        tuple(f"claim {place}: {short(one)}" for place, one in enumerate(results, 1)),
        "verify",
        ", ".join(str(one["result"]) for one in results),
    )


def batched(client: Client, office: Office) -> Iterator[Got]:
    """Ask for a file, wait until a worker has written it, fetch it and its manifest."""
    ask = Call(
        "Batch: the registrations of one district as a file, asked for",
        f"{REGISTRATIONS}/batches",
        (_named(office, "bulk"),),
        202,
        {"format": "csv"},
    )
    asked = client.answer(ask)
    if not asked.fits:
        yield Got(asked, ())
        return
    number = asked.body["batch"]
    yield Got(asked, (f"batch: {number}, {asked.body['state']}",))
    waited = _made(client, number)
    batch = f"office/batches/{number}"
    manifest = client.answer(Call("Batch: the file's manifest", f"{batch}/manifest"))
    told = manifest.body
    shown = {name: told.get(name) for name in ("file", "rows", "bytes", "mark", "sha256")}
    yield Got(
        manifest,
        (
            f"made in {waited:.1f} s",
            *(f"{name}: {short(value)}" for name, value in shown.items()),
        ),
    )
    file = client.answer(Call("Batch: the file", f"{batch}/file"))
    lines = file.content.decode("utf-8-sig").splitlines()
    yield Got(
        file,
        (f"first line: {lines[0]}", f"{len(lines) - 1:,} rows, {len(file.content):,} bytes"),
        "bulk",
        f"a file of {len(lines) - 1:,} rows, {len(file.content):,} bytes",
    )


def _made(client: Client, number: int) -> float:
    """Wait for a file; return how many seconds it took. Raises NotMade."""
    started = time.monotonic()
    call = Call("", f"office/batches/{number}")
    while (passed := time.monotonic() - started) < FILE_SECONDS:
        state = client.answer(call).body.get("state")
        if state == "ready":
            return passed
        if state not in ("queued", "running"):
            raise NotMade(f"Batch {number} is “{state}”. The end of worker-sync.log says why.")
        time.sleep(LOOK_SECONDS)
    raise NotMade(
        f"Batch {number} was not written within {FILE_SECONDS} s. The end of worker-sync.log says"
        " why; start again to ask anew."
    )


def recorded(client: Client, office: Office) -> Iterator[Got]:
    """Write down how rows were used, as the law has the department do; once."""
    path = f"office/grants/{office.grants['query']}/uses"
    there = client.answer(Call("Use record: as it was written at the first start", path))
    if not there.fits:
        yield Got(there, ())
        return
    if there.body["count"]:
        kept = there.body["uses"][-1]
    else:
        there = client.answer(_record(path))
        kept = there.body
    until = f"{kept.get('first_on')} to {kept.get('last_on')}"
    yield Got(there, (f"record {kept.get('record')}: {until}, {kept.get('scene')}",))


def _record(path: str) -> Call:
    today = datetime.now(CITY).date().isoformat()
    return Call(
        "Use record: how the rows were used, written down by the app",
        path,
        (),
        201,
        {
            "first_on": today,
            "last_on": today,
            "scene": "窗口受理道路运输许可",
            "process": "调用接口核对一页登记信息（演示）",
            "result": "登记信息与申请材料一致",
            "stored": "未留存副本",
        },
    )


def summary(made: list[Got], office: Office) -> str:
    """Return what came in each way of use, a line each."""
    return "\n".join(
        f"  {WAYS[one.mode]}  grant {office.grants[one.mode]:>3}  {one.summary}"
        for one in made
        if one.mode
    )


def _named(office: Office, mode: str) -> tuple[str, str]:
    return ("grant", str(office.grants[mode]))
