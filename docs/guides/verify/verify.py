import base64
import hmac
import time
from collections.abc import Mapping

TOLERANCE_S = 5 * 60


class InvalidSignature(Exception):
    pass


def verify(secret: str, headers: Mapping[str, str], raw_body: bytes) -> None:
    """Returns when the request was signed with the secret, and raises InvalidSignature when it was not."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    # Whoever knows that it is empty can sign.
    if not key:
        raise ValueError("the secret is empty")

    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    try:
        off_s = abs(int(time.time()) - int(timestamp))
    except ValueError:
        raise InvalidSignature("the timestamp is not a number") from None
    if off_s > TOLERANCE_S:
        raise InvalidSignature("the timestamp is more than five minutes off")

    signed = f"{message_id}.{timestamp}.".encode() + raw_body
    expected = b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256"))
    given = headers.get("webhook-signature", "").encode().split()
    if not any(hmac.compare_digest(one, expected) for one in given):
        raise InvalidSignature("no signature is right")
