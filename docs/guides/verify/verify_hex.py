import hmac
from typing import Optional


def is_signed(secret: str, prefix: str, signature: Optional[str], raw_body: bytes) -> bool:
    """Whether the body was signed with the secret; signature is the header's value, with its prefix."""
    # Whoever knows that it is empty can sign.
    if not secret:
        raise ValueError("the secret is empty")
    expected = prefix + hmac.digest(secret.encode(), raw_body, "sha256").hex()
    return hmac.compare_digest((signature or "").encode(), expected.encode())
