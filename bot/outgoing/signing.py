"""A signature on what the desk sends, so that the other side knows it from a forgery or a replay."""

import hashlib
import hmac

TIMESTAMP = "Kefu-Timestamp"
SIGNATURE = "Kefu-Signature"
VERSION = "v1"


def signature_headers(key: str, method: str, target: str, body: bytes, at_s: int) -> dict[str, str]:
    """HMAC-SHA256 (RFC 2104) over time, method, path with query, and body; nothing without a key."""
    if not key:
        return {}
    signed = f"{VERSION}:{at_s}:{method}:{target}:".encode() + body
    digest = hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()
    return {TIMESTAMP: str(at_s), SIGNATURE: f"{VERSION}={digest}"}
