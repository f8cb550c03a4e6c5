"""What the frameworks say of a form or a body that does not fit is said in our words."""

import json

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import translation
from rest_framework import serializers

from config import sentences

WRONG = (
    (forms.CharField(), "", "left empty"),
    (forms.DateField(), "", "left empty"),
    (forms.DateField(), "31.2.2026", "such as 2026-03-31"),
    (forms.DateTimeField(), "soon", "as in 2026-03-31 09:30"),
    (forms.IntegerField(), "many", "digits alone"),
    (forms.DecimalField(), "many", "a point before decimals"),
    (forms.ChoiceField(choices=[("a", "A")]), "b", "Choose one that is offered"),
    (forms.MultipleChoiceField(choices=[("a", "A")]), ["b"], "Choose one that is offered"),
    (forms.URLField(assume_scheme="https"), "no address", "begins with https://"),
    (forms.EmailField(), "nobody", "no e-mail address"),
    (forms.FileField(), "no file", "Choose it again"),
)


class Body(serializers.Serializer):
    """A body with a part of each kind."""

    text = serializers.CharField(max_length=3)
    number = serializers.IntegerField(min_value=1, max_value=9)
    day = serializers.DateField()
    moment = serializers.DateTimeField()
    sure = serializers.BooleanField()
    kind = serializers.ChoiceField(["a"])
    names = serializers.ListField(child=serializers.CharField(), allow_empty=False)
    more = serializers.DictField()


BODIES = (
    {},
    {"text": None, "number": None, "day": None, "sure": None, "names": None},
    {"text": "", "number": "x", "day": "x", "moment": "x", "sure": "x", "kind": "x"},
    {"text": "long", "number": 10, "names": [], "more": []},
    {"text": [], "number": 0, "names": "x", "moment": "2026-03-31"},
    [],
)


def said(field: forms.Field, value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        field.clean(value)
    return " ".join(refused.value.messages)


@pytest.mark.parametrize(
    ("field", "value", "words"), WRONG, ids=lambda one: type(one).__name__ + str(one)[:9]
)
def test_a_form_says_what_is_wrong_and_what_to_do(field, value, words):
    with translation.override("en"):
        english = said(field, value)
    with translation.override("zh-hans"):
        chinese = said(field, value)

    assert words in english
    assert "请" in chinese or "网址以" in chinese or "地址由" in chinese


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_body_of_the_api_is_answered_in_the_language_of_its_caller(body):
    ours = {str(one) for _kind, words in sentences.BODIES for one in words.values()}
    with translation.override("zh-hans"):
        asked = Body(data=body)
        assert not asked.is_valid()
        told = json.dumps(asked.errors, ensure_ascii=False)
        found = [str(one) for each in asked.errors.values() for one in each]

    assert ours
    assert found
    assert all("请" in one for one in found), told


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("en", "left empty"), ("zh-hans", "尚未填写")])
def test_a_page_of_the_portal_says_it_too(language, words):
    answer = Client(headers={"Accept-Language": language}).post("/my/sign-in/", {})

    assert words in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"), [("en", "Leave Accept out"), ("zh-hans", "去掉 Accept")]
)
def test_a_form_that_the_description_of_the_api_lacks_is_told(language, words):
    headers = {"Accept-Language": language, "Accept": "image/png"}

    answer = Client(headers=headers).get("/api/schema/")

    assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable")
    assert words in answer.json()["detail"]
