"""Passwords of tests: as the product keeps them, but quick to make and to check."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """One round in place of a million.

    What it writes is of the product's own form, so that processes with the product's settings
    read it.
    """

    iterations = 1
