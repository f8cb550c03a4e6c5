"""Signatures as standardwebhooks.com has them."""

import base64

from exchange.hooks import signing


def test_the_published_example_is_signed_as_published():
    """Source: the test vector of the specification's reference libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'

    found = signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_long_and_random_and_comes_out_of_its_seal_alone():
    one, two = signing.make_secret(), signing.make_secret()

    assert one != two
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32
    assert signing.unseal(signing.seal(one)) == one
    assert one.encode() not in signing.seal(one)


def test_while_two_secrets_stand_both_sign():
    secrets = [signing.make_secret() for _ in range(2)]

    found = signing.headers([signing.seal(one) for one in secrets], "evt_1", 1700000000, b"{}")

    assert found["webhook-signature"].split(" ") == [
        signing.signature(one, "evt_1", 1700000000, b"{}") for one in secrets
    ]
    assert (found["webhook-id"], found["webhook-timestamp"]) == ("evt_1", "1700000000")
