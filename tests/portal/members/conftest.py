"""An OpenID Connect server that the platform is set up with."""

from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from tests.portal.members import foreign, identity


@pytest.fixture(name="server")
def _server(settings) -> Iterator[identity.Server]:
    with identity.served() as server:
        server.back = settings.PUBLIC_BASE_URL + foreign.BACK
        settings.OIDC_SERVER, settings.OIDC_NAME = server.url, "Bay ID"
        settings.OIDC_CLIENT, settings.OIDC_SECRET = identity.CLIENT, identity.SECRET
        settings.OIDC_INSIDE = [ip_network("127.0.0.1/32")]
        yield server
