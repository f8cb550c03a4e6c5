"""The product's settings, on services of the tests' own below `var/test`."""

from tests import services

services.join()  # sets the environment, which the next line reads

from config.settings import *  # noqa: E402, F403 - the order is the point

PASSWORD_HASHERS = ["tests.hashing.OneRound"]
