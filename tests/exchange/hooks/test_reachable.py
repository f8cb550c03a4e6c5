"""Which addresses a webhook may have: a table of notations, and of numbers behind names."""

import ipaddress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.hooks import reachable
from exchange.hooks.reachable import AddressUnfit, NotPublic, Target


@pytest.fixture(autouse=True)
def _in_the_open(settings):
    settings.WEBHOOKS_INSIDE, settings.WEBHOOKS_REFUSED = [], []


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",  # not by https
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "//example.org/",
        "example.org/hooks",
        "",
        "https://",
        "https:///hooks",
        "https://example.org:80/",
        "https://example.org:22/",
        "https://example.org:6379/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://example.org@127.0.0.1/",
        "https://127.0.0.1@example.org/",
        "https://example.org#@127.0.0.1/",
        "https://example.org/#part",
        "https://example.org\\@127.0.0.1/",
        "https://example.org\t/",
        "https://exam\nple.org/",
        " https://example.org/",
        "https://example.org/a b",
        "https://localhost/",
        "https://LOCALHOST/",
        "https://localhost./",
        "https://db/",
        "https://db.internal/",
        "https://printer.local/",
        "https://1.0.0.127.in-addr.arpa/",
        "https://example.org./",
        "https://-example.org/",
        "https://exa..mple.org/",
        "https://.example.org/",
        # numbers in every clothing
        "https://127.0.0.1/",
        "https://8.8.8.8/",
        "https://127.1/",
        "https://127.0.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.0.0.1/",
        "https://0X7F.0x0.0x0.0x1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.01/",
        "https://127.0.0.1./",
        "https://a.b.0x7f/",
        "https://0/",
        "https://[::1]/",
        "https://[::]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://[2606:4700:4700::1111]/",
        "https://[::1/",
        "https://127%2e0.0.1/",
        "https://%31%32%37.0.0.1/",
        # other full stops, digits and letters that some reader folds into these
        "https://127。0。0。1/",
        "https://127．0．0．1/",
        "https://①②⑦.⓪.⓪.①/",
        "https://１２７.0.0.1/",
        "https://ｌocalhost/",
        "https://例子.中国/",
        "https://example。org/",
        "https://" + "a" * 600 + ".org/",
        "https://" + "a" * 64 + ".org/",
    ],
)
def test_what_is_no_address_of_a_webhook_is_refused_by_its_text(url):
    with pytest.raises(AddressUnfit):
        reachable.target(url)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://example.org", Target("https", "example.org", 443, "/")),
        ("https://Example.ORG/a?b=c&d", Target("https", "example.org", 443, "/a?b=c&d")),
        ("HTTPS://example.org:8443/x", Target("https", "example.org", 8443, "/x")),
        ("https://xn--fsqu00a.xn--fiqs8s/h", Target("https", "xn--fsqu00a.xn--fiqs8s", 443, "/h")),
        ("https://a_b.example.org/%2e%2e/", Target("https", "a_b.example.org", 443, "/%2e%2e/")),
    ],
)
def test_a_full_name_by_https_is_an_address(url, found):
    assert reachable.target(url) == found


NOT_PUBLIC = [
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.7",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("number", NOT_PUBLIC)
def test_a_name_that_leads_to_no_public_address_is_not_called(number):
    target = reachable.target("https://example.org/")

    with pytest.raises(NotPublic):
        reachable.resolved(target, resolve=lambda *_: [number])


@pytest.mark.parametrize("number", ["8.8.8.8", "114.114.114.114", "2606:4700:4700::1111"])
def test_a_name_that_leads_to_a_public_address_is_called_by_that_number(number):
    target = reachable.target("https://example.org/")

    found = reachable.resolved(target, resolve=lambda *_: [number, number])

    assert found == [ipaddress.ip_address(number)]


def test_a_name_that_leads_half_inside_is_not_called():
    target = reachable.target("https://example.org/")

    with pytest.raises(NotPublic):
        reachable.resolved(target, resolve=lambda *_: ["8.8.8.8", "10.0.0.1"])


def test_a_name_that_leads_nowhere_is_not_called():
    with pytest.raises(NotPublic):
        reachable.resolved(reachable.target("https://example.org/"), resolve=lambda *_: [])


@given(st.ip_addresses(v=4))
def test_what_python_takes_for_private_is_never_public(address):
    if not address.is_global or address.is_multicast or address.is_reserved:
        assert not reachable.public(address)


@given(st.ip_addresses(v=6))
def test_of_the_newer_addresses_only_global_unicast_is_public(address):
    if reachable.public(address):
        assert address.is_global
        assert address in ip_network("2000::/3")
        assert address.ipv4_mapped is None
        assert address.sixtofour is None
        assert address.teredo is None


def test_an_operator_refuses_networks_of_its_own(settings):
    settings.WEBHOOKS_REFUSED = [ip_network("8.8.0.0/16"), ip_network("2606::/16")]

    assert not reachable.public(ipaddress.ip_address("8.8.8.8"))
    assert not reachable.public(ipaddress.ip_address("2606:4700::1"))
    assert reachable.public(ipaddress.ip_address("9.9.9.9"))


def test_inside_is_reached_where_the_operator_lists_it_and_there_alone(settings):
    settings.WEBHOOKS_INSIDE = [ip_network("127.0.0.0/8")]

    target = reachable.target("http://127.0.0.1:9000/hooks")

    assert reachable.resolved(target) == [ipaddress.ip_address("127.0.0.1")]
    for url in (
        "http://127.0.0.1:22/",
        "http://10.0.0.1:9000/",
        "http://[::1]:9000/",
        "http://2130706433:9000/",
        "http://[::ffff:127.0.0.1]:9000/",
        "https://8.8.8.8/",
    ):
        with pytest.raises(AddressUnfit):
            reachable.target(url)
    with pytest.raises(NotPublic):  # by http inside alone
        reachable.resolved(reachable.target("http://example.org/"), resolve=lambda *_: ["8.8.8.8"])
