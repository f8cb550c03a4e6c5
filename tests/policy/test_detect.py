"""Sensitive columns are found by what they hold and by what they are called."""

import time

import pytest

from policy.detect import DETECTORS, SAMPLE, FoundBy, Kind, contact, detect

IDS = ["360426199101010071", "11010519491231002X", "440304199001010011"]
SAMPLES = {
    Kind.RESIDENT_ID: IDS,
    Kind.USCC: ["91110000600037341L", "91440300708461136T"],
    Kind.MOBILE: ["13800138000", "+86 13900139000"],
    Kind.LANDLINE: ["0755-82101234", "02083331234"],
    Kind.PASSPORT: ["E12345678", "G12345678", "EA1234567"],
    Kind.PLATE: ["粤B12345", "粤BD12345", "粤B1234学"],
    Kind.EMAIL: ["someone@example.org", "a.b@example.com.cn"],
    Kind.NETWORK_ADDRESS: ["192.168.1.1", "00:1A:2B:3C:4D:5E"],
    Kind.ADDRESS: ["广东省深圳市南山区科技路1号", "福田区民田路12号3栋"],
    Kind.COORDINATE: ["114.0579,22.5431", "22.5431，114.0579"],
    Kind.PERSON_NAME: ["张伟", "王小明", "欧阳"] * 3 + ["李娜"] * 9,
    Kind.BANK_CARD: ["4111 1111 1111 1111", "5500005555555559"],
}


def kinds(name, label="", values=()):
    return [finding.kind for finding in detect(name, label, values)]


@pytest.mark.parametrize("kind", SAMPLES)
def test_values_alone_give_a_column_away(kind):
    first = detect("c1", "", SAMPLES[kind])[0]

    assert (first.kind, first.by) == (kind, FoundBy.SAMPLE)
    assert first.confidence >= 0.6


@pytest.mark.parametrize(
    ("name", "label", "kind"),
    [
        ("sfzh", "", Kind.RESIDENT_ID),
        ("gmsfhm", "", Kind.RESIDENT_ID),
        ("owner_id_card", "", Kind.RESIDENT_ID),
        ("CF_FR_ZJH", "", Kind.RESIDENT_ID),
        ("idCard", "", Kind.RESIDENT_ID),
        ("x", "公民身份号码", Kind.RESIDENT_ID),
        ("sjh", "", Kind.MOBILE),
        ("lxdh", "", Kind.MOBILE),
        ("x", "Mobile phone of the applicant", Kind.MOBILE),
        ("xm", "", Kind.PERSON_NAME),
        ("dz", "", Kind.ADDRESS),
        ("zz", "", Kind.ADDRESS),
        ("csrq", "", Kind.BIRTH_DATE),
        ("yhkh", "", Kind.BANK_CARD),
        ("x", "指纹特征", Kind.BIOMETRIC),
        ("zdjg", "", Kind.HEALTH),
        ("x", "纳税额", Kind.INCOME),
        ("password", "", Kind.CREDENTIAL),
        ("gatxz", "", Kind.TRAVEL_PERMIT),
        ("lng", "", Kind.COORDINATE),
    ],
)
def test_names_and_labels_give_a_column_away_without_values(name, label, kind):
    assert [(one.kind, one.by, one.sampled) for one in detect(name, label, [])] == [
        (kind, FoundBy.NAME, 0)
    ]


def test_name_and_values_together_are_surest():
    by_name, by_values, by_both = (
        detect(name, "", values)[0].confidence
        for name, values in [("sfzh", []), ("c1", IDS), ("sfzh", IDS)]
    )

    assert by_name < by_values < by_both == 1.0


def test_counts_of_a_finding_are_of_the_values_that_are_not_empty():
    finding = detect("sfzh", "", [*IDS, "", "  ", "unknown"])[0]

    assert (finding.matched, finding.sampled, finding.by) == (3, 4, FoundBy.BOTH)


def test_a_few_ids_that_pass_their_check_are_enough():
    assert kinds("remark", "", [*IDS, *["none"] * 40]) == [Kind.RESIDENT_ID]
    assert kinds("remark", "", [*IDS, *["none"] * 400]) == []


def test_old_ids_count_where_the_column_is_called_so():
    assert detect("sfzh", "", ["110105491231002"])[0].by == FoundBy.BOTH
    assert kinds("order_number", "", ["202408011234567"]) == []


def test_a_credit_code_is_not_taken_for_anything_else():
    assert kinds("tyshxydm", "统一社会信用代码", SAMPLES[Kind.USCC]) == [Kind.USCC]


def test_where_name_and_values_agree_other_hints_of_the_name_are_left_out():
    found = detect("email_address", "E-mail address", SAMPLES[Kind.EMAIL])

    assert [finding.kind for finding in found] == [Kind.EMAIL]


def test_a_vague_word_counts_only_where_the_values_agree():
    assert kinds("name", "", ["桥东社区", "石家庄村", "第一中学"]) == []
    assert detect("name", "", ["张伟", "王小明"])[0].by == FoundBy.BOTH
    assert kinds("station_name", "", ["东四", "天坛"]) == []
    assert kinds("card_no", "", ["FHIACJHEJ"]) == []


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("pm25", ["12.345", "33.125"]),
        ("code", ["440304001001", "440305007003"]),
        ("version", ["300.1.1.1", "1.2.3"]),
        ("pair", ["200.123,300.123", "114.057,113.123", "x"]),
        ("day", ["20240101", "20240102"]),
        ("empty", []),
    ],
)
def test_harmless_columns_are_left_alone(name, values):
    assert kinds(name, "", values) == []


def test_single_coordinates_are_known_by_their_name():
    assert detect("lng", "", ["114.0579"])[0].by == FoundBy.BOTH
    assert detect("lat", "", ["22.5431"])[0].by == FoundBy.BOTH
    assert detect("gps", "", ["22.5431,114.0579"])[0].by == FoundBy.BOTH
    assert detect("lat", "", ["222.5431"])[0].by == FoundBy.NAME
    assert detect("lat", "", ["north"])[0].by == FoundBy.NAME


def test_a_long_column_is_sampled_evenly():
    values = ["x"] * 5000 + IDS[:1] * 5000

    finding = detect("c1", "", values)[0]

    assert (finding.sampled, finding.matched) == (SAMPLE, SAMPLE // 2)


def test_a_huge_hostile_cell_takes_no_time():
    hostile = ["a@" + "a." * 500_000, "张" * 1_000_000, "1" * 1_000_000, "1." * 500_000]

    begun = time.process_time()
    detect("c1", "", hostile)

    assert time.process_time() - begun < 0.5


def test_detectors_are_asked_with_checksums_first_and_the_bank_card_last_of_the_numbers():
    order = [detector.kind for detector in DETECTORS]

    assert order[:2] == [Kind.RESIDENT_ID, Kind.USCC]
    assert order.index(Kind.BANK_CARD) > order.index(Kind.MOBILE)
    assert len(set(order)) == len(order)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("联系人电话13800138000，工作日", "13800138000"),
        ("+86 13800138000", "+86 13800138000"),
        ("（0755-12345678）", "0755-12345678"),
        ("请发至lan@example.org。", "lan@example.org"),
        ("深府办〔2016〕25号，2026-03-02起", ""),
        ("91440300708461136T", ""),
        ("440301199001011234", ""),
        ("每日0点更新，约10000000行", ""),
        ("", ""),
    ],
)
def test_how_to_reach_a_person_is_found_in_a_text(text, found):
    assert contact(text) == found


def test_a_long_text_is_looked_through_quickly():
    began = time.process_time()

    assert contact("a." * 2_000 + "@" + "a-" * 2_000) == ""

    assert time.process_time() - began < 1
