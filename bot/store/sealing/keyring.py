"""The keys that words are sealed with: AES-256 in Galois/counter mode, a nonce of its own for every value.

A value says which key it was sealed with, and is bound to its column: moved to another one it can't be opened."""

import hashlib
import os
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bot.secrets.values import secret
from bot.store.errors import StoreError

NAME = "KEFU_ENCRYPTION_KEY"
SEALED = "kefu:sealed:"  # begins a sealed value: then the key's id, ":", nonce and ciphertext in base64
PLAIN = "kefu:plain:"  # begins a value that is not sealed, but would look so
KEY_BYTES, NONCE_BYTES = 32, 12
WANTED = "wanted keys as `kefu encrypt --new-key` makes them, the one to seal with first"


@dataclass(frozen=True, slots=True)
class Keyring:
    """The first key seals, every one opens. Nothing of a key shows in its repr."""

    keys: tuple[bytes, ...] = field(repr=False)
    seals: bool = True  # False while all is being opened for good
    _ciphers: dict[str, AESGCM] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ciphers", {key_id(key): AESGCM(key) for key in self.keys})

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the keys, in their order: the first bytes of a hash, which tell nothing of the key."""
        return tuple(self._ciphers)

    def seal(self, text: str, place: str) -> str:
        """Raises nothing; every call gives another value."""
        name, nonce = self.ids[0], os.urandom(NONCE_BYTES)
        closed = self._ciphers[name].encrypt(nonce, text.encode("utf-8", "surrogatepass"), place.encode())
        return f"{SEALED}{name}:{urlsafe_b64encode(nonce + closed).decode()}"

    def open(self, value: str, place: str) -> str:
        """What was sealed for that place. Raises StoreError where no key fits or the value was changed."""
        name, _, body = value.removeprefix(SEALED).partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise StoreError(
                f"{place}: a value is sealed with key {name[:16]}; met the keys {', '.join(self.ids)}"
            )
        try:
            raw = urlsafe_b64decode(body)
            opened = cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError) as error:
            raise StoreError(
                f"{place}: a value sealed with key {name} was changed outside of kefu"
            ) from error
        return opened.decode("utf-8", "surrogatepass")


def key_id(key: bytes) -> str:
    return hashlib.sha256(b"kefu key id\0" + key).hexdigest()[:8]


def new_key() -> str:
    return urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def parse_keys(text: str, origin: str) -> Keyring:
    """Keys in base64 with spaces, commas or line ends between them. Raises StoreError, which shows no key."""
    keys = []
    for number, word in enumerate(re.split(r"[\s,]+", text.strip()), 1):
        try:
            key = urlsafe_b64decode(word.encode("ascii").replace(b"+", b"-").replace(b"/", b"_"))
        except ValueError as error:
            raise StoreError(f"{origin}: key {number} is not base64; {WANTED}") from error
        if len(key) != KEY_BYTES:
            raise StoreError(f"{origin}: key {number} has {len(key)} bytes and not {KEY_BYTES}; {WANTED}")
        keys.append(key)
    return Keyring(tuple(dict.fromkeys(keys)))


def read_keyring() -> Keyring | None:
    """The keys of KEFU_ENCRYPTION_KEY, or of the file that KEFU_ENCRYPTION_KEY_FILE names; None without either.

    Raises SecretError where the file can't be read, StoreError where its keys can't be used."""
    text = secret(NAME)
    return parse_keys(text, NAME) if text else None
