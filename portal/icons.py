"""Which symbol of `icons.svg` stands for a theme: by words of its name, since each city brings
its own table of subjects."""

WORDS = {
    "traffic": ("交通", "运输", "公交", "道路", "transport", "traffic"),
    "health": ("卫生", "医疗", "健康", "health", "medical"),
    "school": ("教育", "科技", "学校", "education", "science", "school"),
    "house": ("住房", "房屋", "城建", "建设", "housing", "construction", "building"),
    "business": ("企业", "工商", "商贸", "经济", "市场", "business", "compan", "trade", "econom"),
    "nature": ("生态", "环境", "绿化", "水务", "environment", "ecolog", "water"),
    "weather": ("气象", "天气", "weather"),
    "safety": ("安全", "公安", "应急", "消防", "safety", "emergency"),
    "people": ("社会", "保障", "民政", "就业", "民生", "人口", "social", "labour", "people"),
    "money": ("财税", "财政", "金融", "税务", "finance", "tax", "budget"),
    "culture": ("文化", "体育", "旅游", "culture", "sport", "touris"),
    "government": ("政府", "机构", "政务", "government", "administration"),
    "energy": ("能源", "资源", "电力", "energy", "resource"),
    "farming": ("农业", "渔业", "林业", "farm", "agricult"),
    "credit": ("信用", "credit"),
    "certificate": ("证照", "许可", "certificate", "licen", "permit"),
    "place": ("空间", "地理", "地名", "区划", "space", "place", "geograph"),
}
OTHERWISE = "data"


def of(name: str) -> str:
    """Return the id of the symbol for a theme of this name."""
    lowered = name.lower()
    return next(
        (icon for icon, words in WORDS.items() if any(word in lowered for word in words)),
        OTHERWISE,
    )
