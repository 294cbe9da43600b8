import base64
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[3] / "docs/guides/verify"))
from verify import InvalidSignature, verify
from verify_hex import is_signed


def standard_webhooks(secret, message_id, timestamp, signature, body):
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    present = {name: value.decode() for name, value in headers.items() if value is not None}
    try:
        verify(secret.decode(), present, body)
        return "accepted"
    except InvalidSignature:
        return "refused"
    except Exception:
        return "failed"


def hexadecimal(secret, prefix, signature, body):
    try:
        given = None if signature is None else signature.decode()
        return "accepted" if is_signed(secret.decode(), prefix.decode(), given, body) else "refused"
    except Exception:
        return "failed"


judge = hexadecimal if sys.argv[1:] == ["hex"] else standard_webhooks
for line in sys.stdin:
    fields = line.rstrip("\n").split("\t")
    print(judge(*(None if field == "-" else base64.b64decode(field) for field in fields)))
