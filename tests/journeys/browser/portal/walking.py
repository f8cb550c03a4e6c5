"""Reads the portal as a crawler does: answers, the links in them, and what a page has to have."""

import http.client
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from django.urls import Resolver404, resolve

HTML = "text/html"
FOREIGN = ("/office/", "/api/docs/", "/api/redoc/")
"""Pages of other houses at the same origin: that they answer is looked at, not what they say."""
LOADS = ("src", "srcset", "poster", "data", "background")
"""Attributes by which a page loads something, whatever it stands in; in SVG, `href` as well."""
DRAWN = ("image", "use", "feimage")
PARAMETERS = 2
"""So many parameters at a time are walked through. The other language has a walk of its own."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered."""

    address: str
    status: int
    kind: str
    body: str
    moved_to: str = ""

    @property
    def is_page(self) -> bool:
        """Whether it is a page of the portal."""
        return self.kind == HTML and not self.address.startswith(FOREIGN)


@dataclass
class Page(HTMLParser):
    """What stands in a page: links with their text's tag, what it loads, its landmarks."""

    source: str
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=dict)
    lang: str = ""
    title: str = ""
    _in_title: bool = False

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.ids.add(told.get("id", ""))
        self._in_title = tag == "title" and not self.title
        if tag == "html":
            self.lang = told.get("lang", "")
        elif tag == "a" and "href" in told:
            self.links.append(told["href"])
        elif tag == "link":
            rel = told.get("rel", "")
            inside = "alternate" in rel.split() or rel in {"prev", "next"}
            (self.links if inside else self.loads).append(told["href"])
        elif tag == "form" and told.get("method", "get") == "get":
            self.links.append(told.get("action", ""))
        for name in LOADS:
            places = told.get(name, "").split(", ") if name == "srcset" else [told.get(name, "")]
            self.loads += [place.split()[0] for place in places if place.strip()]
        if tag in DRAWN:
            self.loads += [told[name] for name in ("href", "xlink:href") if name in told]

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data

    def lacks(self) -> Iterator[str]:
        """Yield what a page has to have and this one has not."""
        if not self.title.strip(" ·\n"):
            yield "no title"
        if self.lang not in {"zh-Hans", "en"}:
            yield f"speaks {self.lang or 'no language'}"
        for tag in ("h1", "main"):
            if self.counts.get(tag, 0) != 1:
                yield f"{self.counts.get(tag, 0)} x {tag}"


class Reader:
    """Asks a server for one address after the other, over one connection."""

    def __init__(self, url: str, headers: Mapping[str, str]):
        self.server = urlsplit(url).netloc
        self.headers = dict(headers)
        self.line = http.client.HTTPConnection(self.server, timeout=30)

    def get(self, address: str) -> Answer:
        """Return what an address answers; redirects are not followed."""
        self.line.request("GET", address, headers=self.headers)
        answer = self.line.getresponse()
        body = answer.read().decode(errors="replace")
        kind = answer.getheader("Content-Type", "").partition(";")[0]
        moved_to = answer.getheader("Location", "")
        return Answer(address, answer.status, kind, body, moved_to)

    def close(self) -> None:
        """Hang up."""
        self.line.close()


@dataclass
class Walk:
    """Every address that links lead to, each sort of it once."""

    reader: Reader
    answers: dict[str, Answer] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    found_on: dict[str, str] = field(default_factory=dict)
    fragments: set[tuple[str, str, str]] = field(default_factory=set)
    outside: set[tuple[str, str]] = field(default_factory=set)
    within: str = "/"
    """Pages whose address begins so are walked on from; others are asked for alone."""
    left: tuple[str, ...] = ()

    def walk(self, *starts: str, follow: Callable[[str], bool] = lambda _address: True) -> "Walk":
        """Follow all links from `starts` that `follow` accepts and that are of a new sort."""
        waiting, seen = deque(starts), {sort_of(one) for one in starts}
        while waiting:
            address = waiting.popleft()
            answer = self.reader.get(address)
            self.answers[address] = answer
            for link in self._links(answer):
                sort = sort_of(link)
                if sort not in seen and self._is_wanted(link) and follow(link):
                    seen.add(sort)
                    self.found_on[link] = address
                    waiting.append(link)
        return self

    def _is_wanted(self, link: str) -> bool:
        names = {name for name, _value in parse_qsl(urlsplit(link).query)}
        is_left = any(link.startswith(one) for one in self.left)
        return len(names) <= PARAMETERS and "lang" not in names and not is_left

    def _links(self, answer: Answer) -> Iterator[str]:
        if answer.moved_to:
            yield from self._inside(answer.address, answer.moved_to)
        elif answer.is_page and answer.address.startswith(self.within):
            page = self.pages[answer.address] = Page(answer.body)
            for link in page.links:
                yield from self._inside(answer.address, link)
            for load in page.loads:
                target = urlsplit(urljoin(f"http://{self.reader.server}{answer.address}", load))
                if target.netloc == self.reader.server:
                    yield target.path
                elif target.scheme != "data":
                    self.outside.add((answer.address, load))

    def _inside(self, here: str, link: str) -> Iterator[str]:
        whole, fragment = urldefrag(urljoin(f"http://{self.reader.server}{here}", link))
        target = urlsplit(whole)
        if target.netloc != self.reader.server or target.scheme != "http":
            return
        address = target.path + (f"?{target.query}" if target.query else "")
        if fragment:
            self.fragments.add((here, address, fragment))
        yield address

    def troubles(self) -> list[str]:
        """Return what is wrong with what was found: answers, pages, targets within pages."""
        told = [
            f"{one.address} answers {one.status}, linked on {self.found_on.get(one.address, '?')}"
            for one in self.answers.values()
            if one.status >= 400
        ]
        told += [f"{at}: {what}" for at, page in self.pages.items() for what in page.lacks()]
        told += [f"{page} loads {load}" for page, load in sorted(self.outside)]
        told += [
            f"{here} leads to {address}#{fragment}, which is not there"
            for here, address, fragment in sorted(self.fragments)
            if address in self.pages and fragment not in self.pages[address].ids
        ]
        return told


def sort_of(address: str) -> str:
    """Return what sort of address one is: its path, and which parameters it has."""
    parts = urlsplit(address)
    names = sorted({name for name, _value in parse_qsl(parts.query, keep_blank_values=True)})
    return f"{parts.path}?{'&'.join(names)}"


def view_of(address: str) -> str:
    """Return the name of the page at an address, "" where there is none."""
    try:
        return resolve(re.split(r"[?#]", address, maxsplit=1)[0]).view_name
    except Resolver404:
        return ""
