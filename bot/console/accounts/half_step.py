"""Between the right password and the code: a note that holds a few minutes and opens nothing.

It is signed with what the account's own row holds, so it needs no key of the server, holds on every server,
and is void once password or second factor change."""

import base64
import binascii
import hashlib
import hmac
import time

from bot.store.staff.records import Credentials

VALID_S = 300


def half_step(credentials: Credentials, now_s: float | None = None) -> str:
    """A note that this account's password was right."""
    email = base64.urlsafe_b64encode(credentials.staff.email.encode()).decode()
    body = f"{email}.{int(time.time() if now_s is None else now_s) + VALID_S}"
    return f"{body}.{_sign(body, credentials)}"


def email_of(note: str) -> str:
    """Whose note it says it is, "" where that can't be read."""
    try:
        return base64.urlsafe_b64decode(note.partition(".")[0].encode()).decode()
    except (binascii.Error, UnicodeError):
        return ""


def is_genuine(note: str, credentials: Credentials, now_s: float | None = None) -> bool:
    """Whether we wrote it for this account, as it is now, not long ago."""
    body, _, signature = note.rpartition(".")
    until = body.rpartition(".")[2]
    is_ours = hmac.compare_digest(
        _sign(body, credentials).encode(), signature.encode("utf-8", "surrogateescape")
    )
    return is_ours and (time.time() if now_s is None else now_s) < int(until)


def _sign(body: str, credentials: Credentials) -> str:
    key = f"half step\n{credentials.password_hash}\n{credentials.totp_secret}"
    return hmac.new(key.encode(), body.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()
