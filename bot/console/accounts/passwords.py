"""Passwords, kept as argon2 hashes and hashed in a thread."""

import asyncio
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH = 12
MAX_LENGTH = 256
AT_ONCE = 2  # each hash takes 64 MiB


class Passwords:
    """Hashes and compares; takes as long for somebody unknown as for somebody known."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._of_nobody = self._hasher.hash(secrets.token_urlsafe())
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, _typed(password))

    async def is_right(self, password_hash: str | None, password: str) -> bool:
        """Whether it is this password; None, for an account that can't be opened, takes the same time."""
        async with self._slots:
            is_same = await asyncio.to_thread(self._verify, password_hash or self._of_nobody, password)
        return is_same and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _verify(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, _typed(password))
        except (Argon2Error, InvalidHashError):
            return False


def _typed(password: str) -> bytes:
    """Two keyboards may spell an accented letter in two ways."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogateescape")
