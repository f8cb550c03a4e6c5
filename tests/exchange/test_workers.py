"""Pages know whether a worker is there for what they ask of it."""

import pytest
from celery import current_app
from django.core.cache import cache

from exchange import workers


@pytest.fixture(autouse=True)
def nothing_kept():
    cache.clear()
    yield
    cache.clear()


def answering(monkeypatch, answers, asked):
    """Let workers give these answers to whoever asks for their queues."""

    class Asked:
        def active_queues(self):
            asked.append(answers)
            return answers

    monkeypatch.setattr(current_app.control, "inspect", lambda **_given: Asked())


def test_without_any_worker_nobody_listens(monkeypatch):
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 0.05)

    assert not workers.listening()


@pytest.mark.parametrize(("queue", "there"), [("city", True), ("brief", True), ("other", False)])
def test_a_queue_is_listened_to_where_one_of_the_workers_names_it(monkeypatch, queue, there):
    answers = {"city@a": [{"name": "city"}], "brief@a": [{"name": "x"}, {"name": "brief"}]}
    answering(monkeypatch, answers, [])

    assert workers.listening(queue) is there


def test_an_answer_is_kept_for_a_while_so_that_open_pages_do_not_ask_the_workers(monkeypatch):
    asked = []
    answering(monkeypatch, None, asked)

    assert [workers.listening(), workers.listening()] == [False, False]
    assert len(asked) == 1
