"""Who publishes in the city: its bureaus beside the first eight, and its five districts."""

from collections.abc import Mapping

DEPARTMENTS: Mapping[str, tuple[str, str]] = {
    "water": ("水务局", "Water Bureau"),
    "management": ("城市管理局", "City Management Bureau"),
    "culture": ("文体旅游局", "Culture, Sport and Tourism Bureau"),
    "police": ("公安局", "Police Bureau"),
    "labour": ("人力资源和社会保障局", "Labour and Social Security Bureau"),
    "emergency": ("应急管理局", "Emergency Bureau"),
    "planning": ("规划和自然资源局", "Planning and Natural Resources Bureau"),
    "finance": ("财政局", "Finance Bureau"),
    "weather": ("气象局", "Weather Bureau"),
    "insurance": ("医疗保障局", "Health Insurance Bureau"),
    "development": ("发展和改革委员会", "Development and Reform Commission"),
    "marine": ("海洋渔业局", "Sea and Fishery Bureau"),
    "statistics": ("统计局", "Statistics Bureau"),
}
"""Chinese and English name, by address."""

DISTRICTS: Mapping[str, str] = {
    "wangchao": "990101",
    "haitong": "990102",
    "yunyu": "990103",
    "yanfeng": "990104",
    "beiwan": "990105",
}
"""The offices of the districts: their region's code, by address."""
