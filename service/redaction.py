"""What a log line or an answer may repeat of things that look secret: next to nothing (R15)."""

import re
from typing import Final

REDACTED: Final = "[redacted]"

_JWT = r"eyJ[\w-]{4,}(?:\.[\w-]*)*"
_SHORT_REFERENCE = r"sct_\w+"
_OF_WEBHOOKS = r"whsec_[\w+/=%]+"
_CREDENTIALS = r"(?<=\bBearer )[\w.~+/=-]{8,}|(?<=\bBasic )[\w+/=-]{8,}"
_USER_IN_URL = r"(?<=://)[^/\s@]*:[^/\s@]*(?=@)"
_RANDOM = r"(?<![\w-])[\w-]{43}(?![\w-])|(?<![a-z0-9])[a-z2-7]{52}(?![a-z0-9])"
_SECRET = re.compile(
    f"{_USER_IN_URL}|{_JWT}|{_SHORT_REFERENCE}|{_OF_WEBHOOKS}|(?i:{_CREDENTIALS})|(?P<random>{_RANDOM})",
    re.ASCII,
)
_KEPT = 4  # characters of a random word: enough to tell a key's thumbprint, useless of a secret


def redact(text: str) -> str:
    """`text` without tokens, credentials and passwords in URLs; of random words their first characters."""
    return _SECRET.sub(_stand_in, text)


def _stand_in(found: re.Match[str]) -> str:
    random = found["random"]
    return REDACTED if random is None else f"{random[:_KEPT]}…"
