"""Any search of datasets as an Atom feed (RFC 4287)."""

import hashlib
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpResponse
from django.utils.feedgenerator import Atom1Feed
from django.utils.html import escape
from django.utils.translation import gettext as _

from catalog import search
from portal.finding import Asking
from portal.listing import Listed, listed

ENTRIES = 50
TYPE = "application/atom+xml; charset=utf-8"
NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""When a feed without entries was last changed."""
URN = uuid.UUID("9b0f3c1e-6a55-4c0e-9a3a-54f0f6a3d0c7")
"""In which names of entries and feeds are made, the same wherever the portal stands."""


class Feed(Atom1Feed):
    """An Atom feed that says when its newest entry changed."""

    def latest_post_date(self) -> datetime:
        """The newest change, and a day of the past where there is no entry."""
        return super().latest_post_date() if self.items else NEVER


def atom(asking: Asking, absolute: Callable[[str], str], address: str) -> tuple[HttpResponse, str]:
    """Return the feed of a search and its ETag; without another order the best or newest first."""
    city = settings.CITY_NAME_EN if asking.is_english else settings.CITY_NAME_ZH
    found = search.find(
        asking.words, filters=asking.filters, order=asking.by, start=0, limit=ENTRIES
    )
    said = {"city": city, "words": asking.words}
    title = _("Datasets of %(city)s: %(words)s") if asking.words else _("Datasets of %(city)s")
    feed = Feed(
        title=plain(title % said),
        link=absolute(f"/datasets?{asking.query()}"),
        description="",
        language="en" if asking.is_english else "zh-Hans",
        author_name=city,
        feed_url=absolute(address),
        feed_guid=name_of("search", asking.query()),
    )
    for one in listed(found.datasets, now=datetime.now(tz=UTC)):
        _add(feed, one, absolute)
    body = feed.writeString("utf-8").encode()
    return HttpResponse(body, content_type=TYPE), f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _add(feed: Feed, one: Listed, absolute: Callable[[str], str]) -> None:
    dataset = one.dataset
    published = dataset.published_at or NEVER
    feed.add_item(
        title=plain(dataset.title),
        link=absolute(one.address),
        description=escape(plain(dataset.abstract)),  # Django says that it is HTML
        author_name=plain(str(dataset.owner)),
        unique_id=name_of("dataset", dataset.slug),
        pubdate=published,
        updateddate=max(published, one.refreshed_at or published),
        categories=[dataset.subject.name] if dataset.subject else None,
    )


def name_of(kind: str, what: str) -> str:
    """Return the name of an entry or a feed, the same for as long as it is about the same."""
    return uuid.uuid5(URN, f"{kind} {what}").urn


def plain(text: str) -> str:
    """Return a text without the control characters that no XML can hold."""
    return "".join(
        sign for sign in text if sign in "\t\n" or (sign >= " " and sign not in "\ufffe\uffff")
    )
