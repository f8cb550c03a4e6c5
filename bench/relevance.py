"""Whether the search finds what people ask for: the judgements, over the demo city and three
real catalogues.

The corpus lies in the city's database within one transaction that is rolled back, so that
neither other cases see it nor it them.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import count
from typing import Any

from django.db import connection, transaction

from accounts.models import Organization
from accounts.roles import OrganizationKind
from bench import corpus, judged
from bench.catalogue import credit_code
from bench.city import NOW, City, the_city
from bench.judged import HELD_OUT, THIRD, TUNING, Judgement, Score
from bench.stage import Line
from catalog import indexing, search
from catalog.describing import DESCRIBED
from catalog.models import Dataset, Field, Resource
from catalog.terms import ResourceKind, State
from config import embedded
from demo.city import DEPARTMENTS
from demo.entries import ENTRIES
from demo.listed import EntryField
from demo.listed import Listed as DemoListed
from demo.unfinished import UNFINISHED

AIM = 0.8
FLOORS = {TUNING: 0.9, HELD_OUT: 0.75, THIRD: 0.85}
"""Of the MRR; a little below what was reached on 26 November 2026."""
FIRST_CODE = 500_000  # of made-up organisations; `bench.catalogue` uses lower ones
LONGEST = {"title_zh": 100, "title_en": 200, "abstract_zh": 1000, "abstract_en": 2000}


def measure(found: embedded.Services) -> list[Line]:
    """Answer every question with the public search; nothing where the catalogues are absent."""
    if absent := corpus.missing():
        print(f"relevance is left out: {corpus.CATALOGUES} has no {', '.join(absent)}")
        return []
    city = the_city(found)
    with transaction.atomic():
        keys = _load(city, NOW)
        lines = _lines(lambda question: _asked(question, keys))
        transaction.set_rollback(True)
    return lines


def _lines(ask: Callable[[str], list[str]]) -> list[Line]:
    tuning, held_out = judged.read(TUNING), judged.read(HELD_OUT)
    answered = [(one, ask(one.question)) for one in tuning]
    third = judged.score((one, ask(one.question)) for one in judged.read(THIRD))
    lines = [
        *_two("tuning", judged.score(answered), FLOORS[TUNING], AIM),
        *_two(
            "held out",
            judged.score((one, ask(one.question)) for one in held_out),
            FLOORS[HELD_OUT],
            AIM,
        ),
        *_two("third", third, FLOORS[THIRD], AIM),
    ]
    for kind in dict.fromkeys(one.kind for one in tuning):
        lines += _two(kind, judged.score(_of(kind, answered)))
    return lines


def _of(
    kind: str, answered: Iterable[tuple[Judgement, list[str]]]
) -> list[tuple[Judgement, list[str]]]:
    return [(one, keys) for one, keys in answered if one.kind == kind]


def _two(
    name: str, score: Score, floor: float | None = None, aim: float | None = None
) -> list[Line]:
    against = f"{score.questions} questions"
    return [
        Line(f"search, {name}: MRR", score.mrr, "", against, floor, aim),
        Line(f"search, {name}: recall@{judged.DEPTH}", score.recall, "", against),
    ]


def _asked(question: str, keys: dict[int, str]) -> list[str]:
    page = search.find(question, limit=judged.DEPTH)
    return [keys[dataset.pk] for dataset in page.datasets]


def _load(city: City, at: datetime) -> dict[int, str]:
    """Make the corpus all that is found; return the key of each entry by its id."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalog_searchentry")
    keys = _demo(city, at) | _catalogues(city, at)
    indexing.index_all(keys, at=at)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_dataset, catalog_searchentry")
    return keys


def _demo(city: City, at: datetime) -> dict[int, str]:
    """Publish all entries of the demo city, also those that are still on their way there."""
    names = [(slug, zh, en) for slug, (zh, en) in DEPARTMENTS.items()]
    owners = _organizations(names, FIRST_CODE, at)
    keys = {}
    for number, entry in enumerate((*ENTRIES, *UNFINISHED), 1):
        dataset = _published(city, owners[entry.owner], number, at, **_said(entry))
        dataset.save()
        _table(dataset, entry.fields, city, at)
        keys[dataset.pk] = f"demo:{entry.slug}"
    return keys


def _said(entry: DemoListed) -> dict[str, Any]:
    return {"title_zh": entry.title_zh} | entry.metadata()


def _table(dataset: Dataset, fields: tuple[EntryField, ...], city: City, at: datetime) -> None:
    table = Resource.objects.create(
        dataset=dataset, kind=ResourceKind.TABLE, name="records", title_zh=dataset.title_zh
    )
    Field.objects.bulk_create(
        Field(
            resource=table,
            position=position,
            grade=field.grade,
            graded_by=city.publisher,
            graded_at=at,
            share_type=field.share_type,
            open_type=field.open_type,
            **{name: getattr(field.new, name) for name in DESCRIBED},
        )
        for position, field in enumerate(fields)
    )


def _catalogues(city: City, at: datetime) -> dict[int, str]:
    listed = corpus.read()
    names = [(name, name, "") for name in dict.fromkeys(one.owner for one in listed)]
    owners = _organizations(names, FIRST_CODE + 1000, at)
    made = Dataset.objects.bulk_create(
        _published(city, owners[one.owner], number, at, **_described(one))
        for number, one in enumerate(listed, 1000)
    )
    return {dataset.pk: one.key for dataset, one in zip(made, listed, strict=True)}


def _described(one: corpus.Listed) -> dict[str, Any]:
    """Return the metadata; an entry in English alone has its English title as the Chinese one.

    What is too long for the catalogue is cut, as a harvest would.
    """
    texts = {"title_zh": one.title}
    if one.english:
        texts |= {"title_en": one.title, "abstract_en": one.abstract}
    else:
        texts |= {"abstract_zh": one.abstract}
    cut = {name: text[: LONGEST[name]] for name, text in texts.items()}
    return cut | {"keywords_en" if one.english else "keywords_zh": list(one.keywords)}


def _organizations(
    names: list[tuple[str, str, str]], first: int, at: datetime
) -> dict[str, Organization]:
    numbers = count(first)
    return {
        name: Organization.objects.create(
            kind=OrganizationKind.DEPARTMENT,
            slug=f"judged-{(number := next(numbers))}",
            name_zh=zh,
            name_en=en,
            uscc=credit_code(number),
            created_at=at,
        )
        for name, zh, en in names
    }


def _published(city: City, owner: Organization, number: int, at: datetime, **said: Any) -> Dataset:
    return Dataset(
        slug=f"judged-{number}",
        code=f"390000000000{number:04d}/000001",
        owner=owner,
        state=State.PUBLISHED,
        created_at=at,
        created_by=city.publisher,
        signed_at=at,
        signed_by=city.head,
        submitted_at=at,
        submitted_by=city.publisher,
        published_at=at,
        published_by=city.operator,
        **said,
    )
