"""Real calls to the running API: what is open, masked, under a grant, or refused and why."""

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
        "Under a grant: credit ratings, open to companies that applied, read by the company's key",
        "datasets/credit-ratings/records",
        (("limit", "2"),),
    ),
    Call(
        "Refused: searching by a masked field would reveal it",
        "datasets/registered-volunteers/records",
        (("mobile", "19900000001"),),
        403,
    ),
)

QUIET = tuple(
    Call("", f"datasets/{slug}/{what}", query)
    for slug, what, query in (
        (
            "air-quality-daily",
            "records",
            (("station", "望潮站"), ("sort", "-day"), ("limit", "50")),
        ),
        ("air-quality-daily", "aggregate", (("group", "station"), ("measure", "avg:pm25"))),
        ("weather-daily", "records", (("limit", "200"), ("sort", "-day"))),
        ("metro-riders-daily", "records", (("limit", "100"), ("sort", "-day"))),
        ("public-toilets", "records", (("district", DISTRICTS[1].name_zh), ("limit", "20"))),
        ("charging-stations", "records", (("limit", "100"),)),
        ("parks", "records.csv", ()),
        ("kindergartens", "records.csv", ()),
        ("price-watch-weekly", "records.csv", ()),
        ("library-loans-by-month", "records", (("limit", "100"),)),
    )
)
"""What apps of the city ask for, so that its figures count calls that were made."""


def made(client: Client) -> Iterator[Answer]:
    """Make the calls and yield the answers."""
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
