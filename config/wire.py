"""Answers as they go over the wire: packed by gzip for who asks. docs/adr/0014 says why so.

What back office and members are sent stays as it is: their pages hold form tokens beside words
that a stranger may have chosen, and the length of a packed page would tell the token (BREACH). All
else is public, or was asked for with a key in a header, which no foreign page can make a browser
send.
"""

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import lru_cache

from django.conf import settings
from django.utils.cache import patch_vary_headers
from whitenoise.middleware import WhiteNoiseFileResponse

from config.middleware import MEMBERS, OFFICE

SMALLEST = 1000
"""Bytes below which packing saves no packet."""
PAGES, ROWS, FILES = 5, 1, 9
"""How hard each is packed: pages of HTML; rows, of which there are many; files, packed once."""
TYPES: Mapping[str, int] = {
    "text/html": PAGES,
    "text/css": PAGES,
    "text/javascript": PAGES,
    "text/plain": PAGES,
    "text/xml": PAGES,
    "application/xml": PAGES,
    "application/atom+xml": PAGES,
    "application/ld+json": PAGES,
    "application/vnd.oai.openapi": PAGES,
    "application/vnd.oai.openapi+json": PAGES,
    "application/javascript": PAGES,
    "image/svg+xml": PAGES,
    "application/json": ROWS,
    "application/problem+json": ROWS,
    "application/geo+json": ROWS,
    "application/vnd.mapbox-vector-tile": ROWS,
    "text/csv": ROWS,
}
GZIP = 31  # zlib's number for a window of 32 kB in gzip's own wrapping
NOT_WANTED = re.compile(r"\s*q=0(\.0*)?\s*")

_files: dict[tuple[str, str], bytes] = {}


def packed(get_response):
    """Pack what is worth it, for who asks, and tell caches that there are two forms.

    The tag of a packed answer is weak: it names the same content, not the same bytes. So tags are
    compared as weak ones (RFC 9110 13.1.2), and who asked by a weak tag is answered by it.
    """

    def middleware(request):
        sent = untagged(request.META)
        response = get_response(request)
        if request.path_info.startswith((OFFICE, MEMBERS)):
            return response
        if response.status_code == 304:
            patch_vary_headers(response, ("Accept-Encoding",))
            _put(response.headers, weakened(response.headers, sent))
        elif _worth(response):
            patch_vary_headers(response, ("Accept-Encoding",))
            if accepts(request.META.get("HTTP_ACCEPT_ENCODING", "")):
                _pack(request, response)
        return response

    return middleware


def untagged(environ: MutableMapping[str, str]) -> str:
    """Take the W/ from the tags that a caller has, for all who compare; returns them as sent."""
    sent = environ.get("HTTP_IF_NONE_MATCH", "")
    if 'W/"' in sent:
        environ["HTTP_IF_NONE_MATCH"] = sent.replace('W/"', '"')
    return sent


def weakened(headers: Mapping[str, str], sent: str) -> dict[str, str]:
    """Return the tag of a 304 as its caller named it."""
    tag = headers.get("ETag", "")
    return {"ETag": f"W/{tag}"} if tag.startswith('"') and f"W/{tag}" in sent else {}


@lru_cache(maxsize=256)
def accepts(accepted: str) -> bool:
    """Whether an `Accept-Encoding` names gzip, and not to refuse it."""
    for part in accepted.lower().split(","):
        name, _semicolon, weight = part.partition(";")
        if name.strip() in ("gzip", "x-gzip"):
            return not NOT_WANTED.fullmatch(weight)
    return False


def rows(body: bytes, headers: Mapping[str, str], accepted: str) -> tuple[bytes, dict[str, str]]:
    """Return a body of rows as it goes out to who accepts so, and the headers that change."""
    if len(body) < SMALLEST or not accepts(accepted):
        return body, {}
    return squeezed(body, ROWS), _told(headers)


def squeezed(body: bytes, level: int) -> bytes:
    """Return a body packed; the same bytes each time."""
    return gzip.compress(body, level, mtime=0)


def squeezed_stream(stream: Iterable[bytes], level: int = ROWS) -> Iterator[bytes]:
    """Yield a stream packed as it comes. One that breaks off has no end: nobody takes it whole."""
    packing = zlib.compressobj(level, zlib.DEFLATED, GZIP)
    for chunk in stream:
        done = packing.compress(chunk)
        if done:
            yield done
    yield packing.flush()


def _worth(response) -> bool:
    """Whether an answer would get smaller, and may be packed on its way."""
    headers = response.headers
    if response.status_code != 200 and response.status_code < 400:
        return False
    if "Content-Encoding" in headers or "no-transform" in headers.get("Cache-Control", ""):
        return False
    if set(response.cookies) - {settings.LANGUAGE_COOKIE_NAME}:
        return False
    if response.streaming:
        length = headers.get("Content-Length")
        # a file that lies ready keeps its length, by which a browser tells how long it takes
        if length and not (_is_static(response) and int(length) >= SMALLEST):
            return False
    elif len(response.content) < SMALLEST:
        return False
    return _kind(headers) in TYPES


def _pack(request, response) -> None:
    headers = response.headers
    level = TYPES[_kind(headers)]
    if _is_static(response):
        if request.method == "HEAD":
            return
        body = _file(request.path_info, headers.get("ETag", ""), response)
        response.streaming_content = [body]
        headers["Content-Length"] = str(len(body))
    elif response.streaming:
        response.streaming_content = squeezed_stream(response.streaming_content, level)
    else:
        response.content = squeezed(response.content, level)
        headers["Content-Length"] = str(len(response.content))
    _put(headers, _told(headers))


def _file(path: str, tag: str, response) -> bytes:
    """Return a file of ours packed; each version is packed once and kept, as there are few."""
    found = _files.get((path, tag))
    if found is None:
        found = squeezed(b"".join(response.streaming_content), FILES)
        _files[path, tag] = found
    return found


def _told(headers: Mapping[str, str]) -> dict[str, str]:
    told = {"Content-Encoding": "gzip"}
    tag = headers.get("ETag", "")
    return told | {"ETag": f"W/{tag}"} if tag.startswith('"') else told


def _put(headers, changed: Mapping[str, str]) -> None:
    for name, value in changed.items():
        headers[name] = value


def _kind(headers: Mapping[str, str]) -> str:
    return headers.get("Content-Type", "").partition(";")[0].strip()


def _is_static(response) -> bool:
    return isinstance(response, WhiteNoiseFileResponse)
