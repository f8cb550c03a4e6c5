"""Names and numbers that belong to nobody: districts, streets, firms, people, identifiers.

Region codes begin with 99, which GB/T 2260 does not use. People are named after the sixty-year
cycle (王甲子), numbers are counted up; only the check characters are right.
"""

from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

from stdnum.iso7064 import mod_11_2

from policy.identifiers import USCC_ALPHABET

_ORGANIZATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_USCC_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))


CITY_CODE = "990100"


@dataclass(frozen=True, slots=True)
class District:
    """A district of the demo city."""

    code: str
    name_zh: str
    name_en: str


DISTRICTS = (
    District("990101", "望潮区", "Wangchao District"),
    District("990102", "海桐区", "Haitong District"),
    District("990103", "云屿区", "Yunyu District"),
    District("990104", "盐风区", "Yanfeng District"),
    District("990105", "贝湾区", "Beiwan District"),
)
STREETS = tuple(
    first + second + kind
    for first, second, kind in product("潮帆屿沙鸥", "明远和丰宁", ("路", "街", "巷"))
)
PEOPLE = tuple(
    surname + stem + branch
    for surname, stem, branch in product(
        "王李张刘陈杨黄赵吴周", "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
    )
)
FIRMS = tuple(
    first + second + trade
    for first, second, trade in product(
        "澄澜湛渺沐漪", "禾川岫峦屿汀", ("餐饮", "贸易", "科技", "物流", "文化", "建材")
    )
)


WEST, SOUTH, WIDE, HIGH = 119.4, 38.4, 0.08, 0.4
"""Where the city would lie, in degrees of WGS84: out at sea. Each district is a strip of it."""
WAVES = (0.004, -0.006, 0.003, -0.002, 0.006, -0.004, 0.002)
"""How far a border swings to either side on its way north."""


def spot(district: District, chance: Random) -> tuple[float, float]:
    """Return a place in a district, in WGS84, to the sixth decimal."""
    west = WEST + WIDE * DISTRICTS.index(district)
    longitude = west + 0.01 + chance.randrange(60_000) / 1_000_000
    return round(longitude, 6), round(SOUTH + chance.randrange(400_000) / 1_000_000, 6)


def boundaries() -> dict[str, Any]:
    """Return the districts as GeoJSON: strips that share their wavy borders."""
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"code": district.code},
                "geometry": {"type": "Polygon", "coordinates": [_strip(place)]},
            }
            for place, district in enumerate(DISTRICTS)
        ],
    }


def _strip(place: int) -> list[list[float]]:
    up = _border(place)
    down = list(reversed(_border(place + 1)))
    return [*up, *down, up[0]]


def _border(place: int) -> list[list[float]]:
    """Return a border from south to north; the sea is straight."""
    step = HIGH / (len(WAVES) - 1)
    return [
        [round(WEST + WIDE * place + wave, 6), round(SOUTH + step * number, 6)]
        for number, wave in enumerate(WAVES)
    ]


def address(district: District, street: str, number: int) -> str:
    """Return an address in the demo city."""
    return f"海湾市{district.name_zh}{street}{number}号"


def uscc(number: int, *, head: str = "91", region: str = "990100") -> str:
    """Return a credit code (GB 32100-2015) whose check characters are right; `number` < 10^8."""
    body = f"{number:08d}"
    total = sum(int(d) * weight for d, weight in zip(body, _ORGANIZATION_WEIGHTS, strict=True))
    code = f"{head}{region}{body}{'0123456789X0'[11 - total % 11]}"
    total = sum(
        USCC_ALPHABET.index(sign) * weight
        for sign, weight in zip(code, _USCC_WEIGHTS, strict=True)
    )
    return code + USCC_ALPHABET[(31 - total % 31) % 31]


def resident_id(district: District, birth: str, serial: int) -> str:
    """Return an ID number (GB 11643-1999) of a region that does not exist, with its right check.

    `birth` is YYYYMMDD, `serial` counts within the day, 0 to 999.
    """
    body = f"{district.code}{birth}{serial:03d}"
    return body + mod_11_2.calc_check_digit(body)


def mobile(number: int) -> str:
    """Return a number of the form of a mobile number; `number` < 10^7."""
    return f"1990{number:07d}"


def wrong_check(code: str) -> str:
    """Return an identifier with another last character than its check wants."""
    return code[:-1] + ("1" if code[-1] != "1" else "2")
