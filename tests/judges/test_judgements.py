"""The judgements of the search are sound: what bench/README.md says of them holds."""

from collections import Counter

import pytest

from bench import corpus, judged
from bench.judged import HELD_OUT, THIRD, TUNING, Judgement
from demo.entries import ENTRIES
from demo.unfinished import UNFINISHED

KINDS = {
    *("two", "word", "question", "synonym", "pinyin", "initials"),
    *("traditional", "typo", "english", "department", "scope", "mixed"),
}
DEMO = {f"demo:{entry.slug}" for entry in (*ENTRIES, *UNFINISHED)}
PARTS = {part: judged.read(part) for part in (TUNING, HELD_OUT)}
ALL = [one for part in PARTS.values() for one in part]
THIRD_PART = judged.read(THIRD)


def named() -> set[str]:
    return {key for one in [*ALL, *THIRD_PART] for key in one.wanted | one.welcome}


def alike(one: Judgement, other: Judgement) -> float:
    return len(one.wanted & other.wanted) / len(one.wanted | other.wanted)


def test_there_are_enough_questions_and_none_stands_twice():
    asked = Counter(one.question.casefold() for one in ALL)

    assert len(ALL) >= 120
    assert [question for question, times in asked.items() if times > 1] == []


def test_each_question_is_of_a_known_kind_and_wants_something():
    assert {one.kind for one in ALL} == KINDS
    assert [one.question for one in ALL if not one.wanted or one.wanted & one.welcome] == []


def test_three_in_ten_of_each_kind_are_held_out():
    held = Counter(one.kind for one in PARTS[HELD_OUT])
    all_of = Counter(one.kind for one in ALL)

    assert {kind for kind in KINDS if held[kind] < 0.3 * all_of[kind]} == set()


def test_no_held_out_question_wants_what_a_question_for_tuning_wants():
    near = [
        (one.kind, other.kind)
        for one in PARTS[HELD_OUT]
        for other in PARTS[TUNING]
        if alike(one, other) >= 0.3
    ]

    assert near == []


def test_the_third_file_asks_what_the_tuning_file_does_not():
    before = {one.question.casefold() for one in PARTS[TUNING]}
    asked = [one.question.casefold() for one in THIRD_PART]

    assert len(asked) >= 60
    assert len(set(asked)) == len(asked)
    assert before.isdisjoint(asked)
    assert [one.question for one in THIRD_PART if not one.wanted or one.wanted & one.welcome] == []


def test_entries_of_the_demo_city_are_there():
    assert {key for key in named() if key.startswith("demo:")} <= DEMO


def test_entries_of_the_catalogues_are_there(shared_data, monkeypatch):
    monkeypatch.setattr(corpus, "CATALOGUES", shared_data / "catalogues")
    listed = [one.key for one in corpus.read()]

    assert len(listed) == len(set(listed))
    assert named() - DEMO <= set(listed)


@pytest.mark.parametrize(
    ("answers", "rank", "recall"),
    [
        ([], 0, 0),
        (["b", "x"], 1, 0.5),
        (["x", "w", "a", "b"], 0.5, 1),
        ([*"0123456789", "a"], 0, 0),
    ],
)
def test_an_answer_is_scored_by_its_first_ten(answers, rank, recall):
    judgement = Judgement("word", "?", frozenset("ab"), frozenset("w"))

    assert judgement.reciprocal_rank(answers) == rank
    assert judgement.recall(answers) == recall


def test_of_more_than_ten_wanted_entries_ten_suffice():
    wanted = [str(number) for number in range(30)]
    judgement = Judgement("two", "?", frozenset(wanted), frozenset())

    assert judgement.recall(wanted[:10]) == 1
    assert judged.score([(judgement, wanted[:5]), (judgement, [])]) == judged.Score(2, 0.5, 0.25)
