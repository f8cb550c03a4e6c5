"""What a question is taken for: words of one meaning, slips, departments, what is left out."""

import pytest
from django.core.exceptions import ValidationError

from catalog import lexicon
from catalog.mistakes import distance, nearest, windows
from catalog.models import SearchWord, WordGroup
from catalog.search import find
from catalog.terms import State
from tests.factories import accounts
from tests.factories.catalog import dataset


def slugs(found) -> list[str]:
    return [one.slug for one in found.datasets]


@pytest.fixture
def city(db):
    """Three published entries, and words that mean the same."""
    lexicon.keep(WordGroup(words="公交\n公车\n巴士\nbus"))
    lexicon.keep(WordGroup(words="充电桩\n充电站\ncharging station"))
    dataset(slug="stops", title_zh="城市公交站点", title_en="Bus stops", abstract_zh="候车亭。")
    dataset(slug="parks", title_zh="公园绿地", title_en="Parks and kindergartens")
    dataset(slug="chargers", title_zh="电动汽车充电站", title_en="Chargers", abstract_zh="每日。")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("公车站点", "stops"),
        ("公車站點", "stops"),
        ("巴士", "stops"),
        ("充电桩", "chargers"),
        ("charging stations", "chargers"),
        ("park", "parks"),
        ("gongjiao", "stops"),
        ("gyld", "parks"),
    ],
)
def test_words_that_mean_the_same_or_sound_so_are_found(city, asked, found):
    assert slugs(find(asked))[0] == found


@pytest.mark.parametrize(
    ("asked", "found", "meant"),
    [
        ("公交占点", "stops", "公交站点"),
        ("公元绿地", "parks", "公园绿地"),
        ("kindergatens", "parks", "kindergartens"),
        ("gongyaun", "parks", "公园"),
        ("chragers", "chargers", "chargers"),
    ],
)
def test_a_slip_is_read_as_what_was_meant_and_told(city, asked, found, meant):
    page = find(asked)

    assert slugs(page)[0] == found
    assert meant in [word for _typed, word in page.meaning.meant]


def test_initials_of_a_word_bring_what_means_the_same(db):
    WordGroup.objects.all().delete()
    lexicon.keep(WordGroup(words="空气质量\n空气品质\nair quality"))
    dataset(slug="measured", title_zh="空气质量日报", title_en="")
    dataset(slug="alike", title_zh="空气品质指标", title_en="")
    dataset(slug="english", title_zh="每小时", title_en="Air quality by hour")
    dataset(slug="other", title_zh="公园绿地", title_en="")

    found = slugs(find("kqzl"))

    assert found[0] == "measured"
    assert set(found) == {"measured", "alike", "english"}


def test_a_word_that_stands_as_typed_comes_before_one_of_these_initials(db):
    lexicon.keep(WordGroup(words="停车场\n泊位"))
    dataset(slug="lots", title_zh="泊位", title_en="Lots")
    dataset(slug="council", title_zh="议事记录", title_en="TCC")

    assert slugs(find("tcc"))[0] == "council"


def test_initials_are_not_taken_for_a_group_that_is_not_in_use(db):
    WordGroup.objects.all().delete()
    lexicon.keep(WordGroup(words="空气质量\n空气品质", active=False))
    dataset(slug="alike", title_zh="空气品质指标", title_en="")

    assert slugs(find("kqzl")) == []


def test_groups_from_before_initials_were_kept_get_theirs(db):
    WordGroup.objects.all().delete()
    lexicon.keep(WordGroup(words="空气质量\n空气品质"))
    WordGroup.objects.update(initials=[])

    lexicon.fill()

    assert WordGroup.objects.get().initials == ["kqzl", "kqpz"]


def test_what_was_meant_brings_what_means_the_same(city):
    dataset(slug="nursery", title_zh="幼儿园名单", title_en="")

    assert set(slugs(find("kindergatens"))) == {"parks", "nursery"}


def test_a_question_in_words_finds_what_has_its_words(city):
    assert slugs(find("哪里有公交车站点可以看"))[0] == "stops"
    assert slugs(find("where can I find the bus stops"))[0] == "stops"


def test_what_stands_nowhere_is_not_looked_for_and_told(city):
    page = find("公园 飞碟")

    assert slugs(page) == ["parks"]
    assert page.meaning.lost == ("飞碟",)


def test_entries_with_every_word_come_before_those_with_some(city):
    dataset(slug="both", title_zh="公园公交", title_en="")

    assert slugs(find("公园 公交"))[0] == "both"
    assert set(slugs(find("公园 公交"))) == {"both", "stops", "parks"}


def test_a_department_is_found_by_its_short_name(db):
    owner = accounts.organization(name_zh="住房和建设局")
    dataset(slug="theirs", owner=owner)
    dataset(slug="other", title_zh="住宅")

    assert slugs(find("住建局")) == ["theirs"]


def test_a_department_is_found_by_what_its_names_are_called_for_short(db):
    health = accounts.organization(
        name_zh="卫生健康委员会", name_en="Commission of Health and Family Care"
    )
    dataset(slug="clinics", title_zh="诊所名单", title_en="Doctors", owner=health)
    dataset(slug="notes", title_zh="卫健委与健康", title_en="Notes")

    assert "clinics" in slugs(find("卫健委"))
    assert slugs(find("CHFC")) == ["clinics"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("最新的失业率数据集下载", "jobless"),
        ("2016年火灾", "fires"),
        ("民国一百零五年火灾", "fires"),
        ("职训", "training"),
        ("zhiye xunlian", "training"),
    ],
)
def test_what_is_said_of_any_entry_and_how_a_year_is_counted_hinder_nothing(db, asked, found):
    dataset(slug="jobless", title_zh="失业率", title_en="")
    dataset(slug="fires", title_zh="105年火灾次数", title_en="")
    dataset(slug="later", title_zh="107年火灾次数", title_en="")
    dataset(slug="training", title_zh="职业训练课程", title_en="")
    dataset(slug="index", title_zh="最新数据集下载", title_en="")

    assert slugs(find(asked))[0] == found


def test_what_was_meant_comes_before_what_means_the_same(db):
    lexicon.keep(WordGroup(words="动物收容\n宠物"))
    dataset(slug="shelter", title_zh="动物收容情形看板", title_en="")
    dataset(slug="pets", title_zh="宠物", title_en="")

    assert slugs(find("动物收荣")) == ["shelter", "pets"]


def test_a_few_letters_are_no_slip_of_a_far_sound():
    assert nearest("youbake", [("有别", "youbie"), ("youbike", "youbike")]) == ("youbike",)
    assert nearest("gongyaun", [("公园", "gongyuan")]) == ("公园",)
    assert nearest("gangyaun", [("公园", "gongyuan")]) == ()


def test_nothing_is_learnt_from_what_is_not_published(db):
    dataset(State.DRAFT, slug="draft", title_zh="秘密花园")

    assert not SearchWord.objects.filter(word__contains="花园").exists()
    assert slugs(find("秘密花园")) == []
    assert find("秘密花圆").meaning.meant == ()


def test_a_group_has_two_words_at_least(db):
    with pytest.raises(ValidationError, match="two different words"):
        lexicon.keep(WordGroup(words="公交\n公交"))


def test_a_city_begins_with_words_of_its_field(db):
    WordGroup.objects.all().delete()

    assert lexicon.fill() >= 150
    assert lexicon.fill() == 0
    assert WordGroup.objects.filter(folded__contains=["低保", "最低生活保障"]).exists()
    assert all(len(group.folded) > 1 for group in WordGroup.objects.all())


def test_a_swap_is_one_step_and_so_is_a_letter_too_many():
    assert distance("resluts", "results") == 1
    assert distance("kindergaten", "kindergarten") == 1
    assert distance("park", "park") == 0
    assert distance("", "bus") == 3


def test_only_what_is_near_is_meant():
    assert nearest("gongyaun", [("公园", "gongyuan"), ("供应", "gongying")]) == ("公园",)
    assert nearest("bus", [("train", "")]) == ()


def test_windows_hold_their_sound():
    heard = {one.text: one.sound for one in windows("幼儿圆")}

    assert heard == {"幼儿圆": "youeryuan", "幼儿": "youer", "儿圆": "eryuan"}
