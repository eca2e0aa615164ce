"""The second factor: codes of an authenticator app (TOTP, RFC 6238)."""

import hmac
import re
import time

import pyotp
import segno
from markupsafe import Markup

STEP_S = 30
DRIFT = 1  # steps that a clock may be off
_SECRET = re.compile(r"[A-Z2-7]{32}")


def new_secret() -> str:
    """160 random bits as an app takes them."""
    return pyotp.random_base32()


def is_secret(text: str) -> bool:
    """Whether it has the shape of one of ours."""
    return _SECRET.fullmatch(text) is not None


def grouped(secret: str) -> str:
    """The secret for typing: groups of four letters."""
    return " ".join(re.findall(".{1,4}", secret))


def qr_code(secret: str, email: str, desk: str) -> Markup:
    """What the app's camera reads, as inline SVG."""
    address = pyotp.TOTP(secret, interval=STEP_S).provisioning_uri(name=email, issuer_name=desk)
    drawn = segno.make(address, error="m").svg_inline(omitsize=True, border=2, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - made here, of numbers


def matching_step(secret: str, code: str, newest: int | None, at_s: float | None = None) -> int | None:
    """The time step a code belongs to; None where it is wrong or not newer than the `newest` one taken."""
    typed = re.sub(r"\s", "", code).encode("utf-8", "surrogateescape")
    now = int(time.time() if at_s is None else at_s) // STEP_S
    codes = pyotp.HOTP(secret)
    found = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(codes.at(step).encode(), typed) and (newest is None or step > newest):
            found = step
    return found
