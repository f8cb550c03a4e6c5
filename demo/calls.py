"""Three real calls to the running API: what is open, what is masked, what is refused and why."""

from collections.abc import Iterator

from demo.client import Answer, Call, Client, heading, short
from demo.invented import DISTRICTS

SHOWN = ("code", "detail", "count", "masked", "withheld")

CALLS = (
    Call(
        "Open: bus stops of one district, every field in clear",
        "datasets/bus-stops/records",
        (("district", DISTRICTS[0].name_zh), ("sort", "-opened_on"), ("limit", "2")),
    ),
    Call(
        "Masked: volunteers, with personal fields masked or withheld",
        "datasets/registered-volunteers/records",
        (("limit", "1"),),
    ),
    Call(
        "Refused: searching by a masked field would reveal it",
        "datasets/registered-volunteers/records",
        (("mobile", "19900000001"),),
        403,
    ),
)


def made(client: Client) -> Iterator[Answer]:
    """Make the three calls and yield the answers."""
    return map(client.answer, CALLS)


def printed(answer: Answer, number: int, prefix: str) -> str:
    """Return a call and its answer as a few lines."""
    body = answer.body
    shown = {name: body[name] for name in SHOWN if body.get(name) not in (None, [])}
    lines = [
        *heading(answer, number, prefix),
        *(f"   {name}: {short(value)}" for name, value in shown.items()),
        *(f"   row: {short(row)}" for row in body.get("rows", ())),
        *(f"   reason: {reason['code']}: {reason['text']}" for reason in body.get("reasons", ())),
    ]
    return "\n".join(lines)
