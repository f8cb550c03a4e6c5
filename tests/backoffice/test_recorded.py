"""Whatever a form of the back office saves or removes stands in the audit trail, once."""

import pytest
from django.contrib import admin
from django.forms import MultiWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from accounts.roles import PERMISSIONS, Role
from audit import chain
from audit.models import Entry
from catalog.models import Clock, Code, CodeList, Subject, WordGroup, WorkingDay
from tests.factories import accounts

ACTIONS = ("add", "change", "delete")
NEW = {
    Clock: {
        "profile": "bay",
        "step": "catalogue_review",
        "working_days": 3,
        "starts_with_zh": "受理之日",
        "citation": "海湾市规定",
    },
    Code: {"code": "X1", "label_zh": "一"},
    CodeList: {"name": "bay-colours", "version": "1", "title_zh": "颜色"},
    Subject: {"code": "987", "name_zh": "新主题"},
    WordGroup: {"words": "灯塔\n航标"},
    WorkingDay: {"day": "2031-05-01", "source": "国办通知"},
    PeriodicTask: {"name": "a task", "task": "audit.tasks.link_chain"},
    IntervalSchedule: {"every": 7, "period": "minutes"},
    CrontabSchedule: {"minute": "7"},
    SolarSchedule: {"event": "sunrise", "latitude": "30.1", "longitude": "120.2"},
    ClockedSchedule: {"clocked_time_0": "2031-05-01", "clocked_time_1": "08:00:00"},
}
"""What is typed to make a row, for each form that can save one. A new form is named here."""
CHANGED = {
    Clock: {"working_days": 4},
    Code: {"label_zh": "壹"},
    CodeList: {"title_zh": "色彩"},
    Subject: {"name_zh": "改名主题"},
    WordGroup: {"note": "海事用语"},
    WorkingDay: {"note": "调休"},
    PeriodicTask: {"description": "seven"},
    IntervalSchedule: {"every": 8},
    CrontabSchedule: {"minute": "8"},
    SolarSchedule: {"latitude": "31.1"},
    ClockedSchedule: {"clocked_time_0": "2031-06-01"},
}


def right(model, action):
    return f"{model._meta.app_label}.{action}_{model._meta.model_name}"


def may(model, action, rf):
    """Return somebody whose roles and whose desk let them do that; None for nobody."""
    for role in Role:
        if right(model, action) not in PERMISSIONS[role]:
            continue
        request = rf.get("/")
        request.user = accounts.user(role)
        if getattr(admin.site._registry[model], f"has_{action}_permission")(request):
            return request.user
    return None


def shown(form):
    """Return what a form shows, as a browser would send it back."""
    sent = {}
    for field in form:
        value, widget = field.value(), field.field.widget
        if isinstance(widget, MultiWidget):
            parts = widget.decompress(value)
            sent |= {f"{field.html_name}_{i}": part or "" for i, part in enumerate(parts)}
        elif value is not None and value is not False:
            sent[field.html_name] = value
    return sent


def page(desk, address):
    """Open a form; return what it would send back untouched."""
    context = desk.client.get(address).context
    sent = shown(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        sent |= shown(inline.formset.management_form)
        for form in inline.formset.initial_forms:
            sent |= shown(form)
    return sent


def save(desk, address, typed):
    answer = desk.client.post(address, page(desk, address) | typed)
    assert answer.status_code == 302, answer.context["errors"]


def made(desk, model):
    """Make a row in its form, by somebody who may."""
    typed = dict(NEW[model])
    if model is Code:
        typed["list"] = CodeList.objects.create(name="l", version="1", title_zh="表").pk
    if model is PeriodicTask:
        typed["interval"] = IntervalSchedule.objects.create(every=9, period="hours").pk
    known = set(model.objects.values_list("pk", flat=True))
    save(desk, desk.path(model, "add"), typed)
    return model.objects.exclude(pk__in=known).get()


def entries(verb, row):
    return Entry.objects.filter(verb=verb, target=f"{row._meta.model_name}:{row.pk}")


def test_every_form_that_saves_is_tried_below(rf, db):
    saving = {
        model
        for model in admin.site._registry
        if any(may(model, action, rf) for action in ACTIONS)
    }

    assert saving == set(NEW) == set(CHANGED)


@pytest.mark.parametrize("model", NEW, ids=lambda model: model._meta.label)
def test_each_save_and_each_removal_leaves_one_entry(model, at_desk, rf, db):
    row = made(at_desk(may(model, "add", rf)), model)
    assert entries("list.create", row).count() == 1

    changing = at_desk(may(model, "change", rf))
    save(changing, changing.path(model, "change", row.pk), CHANGED[model])
    told = entries("list.update", row).get()
    assert told.actor == changing.user.audit_name
    assert {name.removesuffix("_0") for name in CHANGED[model]} <= set(told.details["values"])
    assert {len(before_and_after) for before_and_after in told.details["values"].values()} == {2}

    remover = may(model, "delete", rf)
    if remover is not None:
        desk = at_desk(remover)
        desk.client.post(desk.path(model, "delete", row.pk), {"post": "yes"})
        assert entries("list.remove", row).count() == 1
        assert not model.objects.filter(pk=row.pk).exists()
    assert Entry.objects.filter(verb__startswith="list.").count() == 2 + (remover is not None)


@pytest.mark.parametrize(
    ("action", "verb"),
    [
        ("enable_tasks", "list.update"),
        ("disable_tasks", "list.update"),
        ("toggle_tasks", "list.update"),
        ("run_tasks", "task.run"),
        ("delete_selected", "list.remove"),
    ],
)
def test_what_is_done_to_chosen_tasks_leaves_an_entry_for_each(action, verb, at_desk, rf, db):
    desk = at_desk(may(PeriodicTask, "change", rf))
    every = IntervalSchedule.objects.create(every=9, period="hours")
    rows = [
        PeriodicTask.objects.create(name=name, task="audit.tasks.link_chain", interval=every)
        for name in ("one", "two")
    ]

    chosen = {"action": action, "_selected_action": [row.pk for row in rows], "post": "yes"}
    desk.client.post(desk.path(PeriodicTask, "changelist"), chosen)

    assert [entries(verb, row).count() for row in rows] == [1, 1]


def test_an_entry_of_a_code_list_names_the_codes_that_came_changed_and_went(at_desk, rf, db):
    colours = CodeList.objects.create(name="colours", version="1", title_zh="颜色")
    red = Code.objects.create(list=colours, code="1", label_zh="红")
    desk = at_desk(may(CodeList, "change", rf))
    address = desk.path(CodeList, "change", colours.pk)

    typed = {
        "codes-0-label_zh": "赤",
        "codes-1-code": "2",
        "codes-1-label_zh": "绿",
        "codes-1-list": colours.pk,
        "codes-TOTAL_FORMS": 2,
    }
    save(desk, address, typed)

    (beside,) = entries("list.update", colours).get().details["rows"]
    red.refresh_from_db()
    assert beside == {
        "of": "code",
        "added": [str(Code.objects.get(code="2"))],
        "added_count": 1,
        "changed": [str(red)],
        "changed_count": 1,
    }


def test_a_save_and_its_entry_go_together(at_desk, rf, db, monkeypatch):
    desk = at_desk(may(Subject, "add", rf))
    monkeypatch.setattr(chain, "VERBS", {})

    with pytest.raises(chain.VerbUnknown):
        made(desk, Subject)

    assert not Subject.objects.filter(code="987").exists()
