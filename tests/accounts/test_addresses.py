"""Where a request comes from: what a proxy says counts only where the proxy is a known one."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts import addresses

FORGED = {"REMOTE_ADDR": "10.0.0.9", "HTTP_X_FORWARDED_FOR": "1.1.1.1, 203.0.113.7"}


@pytest.fixture
def behind_proxies(settings):
    settings.TRUSTED_PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]


def test_without_a_trusted_proxy_it_is_the_peer_whatever_it_says():
    assert addresses.of(FORGED) == "10.0.0.9"


@pytest.mark.usefixtures("behind_proxies")
@pytest.mark.parametrize(
    ("peer", "said", "found"),
    [
        ("10.0.0.9", "1.1.1.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.9", "1.1.1.1, 203.0.113.7, 10.0.0.8", "203.0.113.7"),
        ("::ffff:10.0.0.9", "::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8::1", "2001:DB9::7", "2001:db9::7"),
        ("203.0.113.5", "1.1.1.1", "203.0.113.5"),
        ("10.0.0.9", "", "10.0.0.9"),
        ("10.0.0.9", "1.1.1.1, unknown", "10.0.0.9"),
        ("10.0.0.9", "1.1.1.1, <script>, 10.0.0.8", "10.0.0.8"),
        ("", "1.1.1.1", ""),
    ],
)
def test_behind_a_trusted_proxy_it_is_the_last_hop_that_is_none(peer, said, found):
    assert addresses.of({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said}) == found


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_it_is_an_address_or_none(peer, said):
    found = addresses.of({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": said})

    assert set(found) <= set("0123456789abcdef.:")
