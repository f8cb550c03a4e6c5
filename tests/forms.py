"""The forms in a page as a browser reads them, what one sends, and what somebody planted in it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

NOT_TYPED = {"hidden", "file", "checkbox", "radio", "submit", "button", "reset", "image"}
ALONE = "alert("
"""What no page says but by what was typed into a form."""


@dataclass
class Form:
    """A form that is sent by POST: where to ("" is the page itself), and its fields as they are.

    `typed` are the names of the fields into which people type.
    """

    action: str
    place: int = 0
    """Which of the page's forms it is, from 0."""
    fields: list[tuple[str, str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    pressed: str = ""
    """The first button that has a name."""

    def filled(self, text: str) -> dict[str, list[str]]:
        """Return what it sends with a text in every field that takes one."""
        sent: dict[str, list[str]] = {}
        for name, value in self.fields:
            sent.setdefault(name, []).append(value)
        return sent | {name: [text] for name in self.typed}


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, source: str) -> None:
        """Read all of it."""
        super().__init__()
        self.found: list[Form] = []
        self.planted: list[str] = []
        self._open: Form | None = None
        self._met = 0
        self._select = ""
        self._chosen: list[tuple[str, bool]] = []
        self._is_script = False
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a form, a field or an option in, and note what would run."""
        told = {name: value or "" for name, value in attrs}
        self._is_script = tag == "script"
        self.planted += [f"<{tag} {name}>" for name in told if _runs(name, told[name])]
        if tag == "form":
            is_post = told.get("method", "get").lower() == "post"
            self._open = Form(told.get("action", ""), self._met) if is_post else None
            self._met += 1
        elif self._open is not None:
            self._field(self._open, tag, told)

    def _field(self, form: Form, tag: str, told: dict[str, str]) -> None:
        name, kind = told.get("name", ""), told.get("type", "text" if tag == "input" else "")
        if tag == "select":
            self._select, self._chosen = name, []
        elif tag == "option" and self._select:
            self._chosen.append((told.get("value", ""), "selected" in told))
        elif name and (tag == "textarea" or (tag == "input" and kind not in NOT_TYPED)):
            form.typed.append(name)
        elif name and (kind == "hidden" or "checked" in told):
            form.fields.append((name, told.get("value", "on")))
        elif name and tag in {"button", "input"} and kind in {"", "submit"} and not form.pressed:
            form.pressed = name
            form.fields.append((name, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """Close a form or a list of options, of which the chosen ones or the last one are sent."""
        self._is_script = False
        if tag == "form" and self._open is not None:
            self.found.append(self._open)
            self._open = None
        elif tag == "select" and self._open is not None and self._select:
            chosen = [value for value, is_chosen in self._chosen if is_chosen]
            chosen = chosen or [value for value, _is_chosen in self._chosen[-1:]]
            self._open.fields += [(self._select, value) for value in chosen]
            self._select = ""

    def handle_data(self, data: str) -> None:
        """Note a script that was planted."""
        if self._is_script and ALONE in data:
            self.planted.append(f"<script>{data[:80]}")


def _runs(name: str, value: str) -> bool:
    told = value.strip().lower()
    return (name.startswith("on") and ALONE in told) or told.startswith("javascript:alert")


def of(source: str) -> list[Form]:
    """Return the forms of a page in which somebody types something."""
    return [one for one in Forms(source).found if one.typed]


def planted(source: str) -> list[str]:
    """Return what would run in a page that shows what was typed as more than text."""
    return Forms(source).planted
