"""What an account asks for beside the password: codes by time (RFC 6238), passkeys (WebAuthn), recovery codes."""

import base64
import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyotp

from service.domain.identifiers import Randomness
from service.domain.secret import Secret

STEP: Final = 30
"""Seconds that a code holds."""
RECOVERY_CODES: Final = 10
MOST_FACTORS: Final = 10
MAX_FACTOR_NAME: Final = 64

_SECRET_BYTES: Final = 20  # RFC 4226 section 4: 160 bits recommended
_CODE_BYTES: Final = 10
_LOOKALIKES: Final = str.maketrans({"0": "o", "1": "l", "8": "b", "-": "", " ": ""})


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One of an account's. `counter` is the last time step that was used, or the last signature count seen.

    A TOTP has `sealed`, a passkey `credential_id` and `public_key`, both base64url. Without `confirmed_at` it is only
    being set up.
    """

    id: str
    user_id: str
    kind: FactorKind
    name: str
    created_at: int
    counter: int = 0
    sealed: str | None = None
    credential_id: str | None = None
    public_key: str | None = None
    confirmed_at: int | None = None
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What somebody shows beside the password. `binding` names what a passkey's challenge was made for."""

    totp: Secret | None = None
    recovery_code: Secret | None = None
    passkey: Secret | None = None
    binding: str = ""

    @property
    def is_given(self) -> bool:
        return not (self.totp is None and self.recovery_code is None and self.passkey is None)


NO_PROOF: Final = Proof()


@dataclass(frozen=True, slots=True)
class UntoldChange:
    """A change to how an account is protected that a session has not been told of yet."""

    action: str
    at: int


def new_totp_secret(randomness: Randomness) -> Secret:
    """160 random bits in base32, as authenticator apps take them."""
    return Secret(base64.b32encode(randomness(_SECRET_BYTES)).decode())


def totp_uri(secret: Secret, *, name: str, issuer: str) -> Secret:
    """What a QR code carries to an authenticator app."""
    return Secret(pyotp.TOTP(secret.reveal()).provisioning_uri(name=name, issuer_name=issuer))


def totp_step(secret: Secret, code: str, now: int) -> int | None:
    """The time step whose code this is: the present one, or one beside it; None where it is none's.

    All three are compared, whichever fits.
    """
    totp, present = pyotp.TOTP(secret.reveal()), now // STEP
    given = code.replace(" ", "").encode("utf-8", "surrogatepass")
    fitting = [
        step
        for step in (present - 1, present, present + 1)
        if hmac.compare_digest(totp.generate_otp(max(step, 0)).encode(), given)
    ]
    return fitting[-1] if fitting else None


def new_recovery_codes(randomness: Randomness) -> list[Secret]:
    """Ten of 80 random bits: `abcd-efgh-ijkl-mnop`."""
    return [Secret(_grouped(randomness(_CODE_BYTES))) for _ in range(RECOVERY_CODES)]


def bare_recovery_code(typed: str) -> Secret:
    """The code as it is hashed, however it was typed: case, spaces, dashes and digits that look like letters."""
    return Secret(typed.strip().lower().translate(_LOOKALIKES))


def proof_of(code: str, *, passkey: str = "", binding: str = "") -> Proof:
    """What one field for both kinds of codes, and a passkey's answer, say. Six digits are a TOTP's."""
    bare = code.replace(" ", "")
    if passkey:
        return Proof(passkey=Secret(passkey), binding=binding)
    if not bare:
        return Proof(binding=binding)
    if bare.isdecimal() and len(bare) <= 8:
        return Proof(totp=Secret(bare))
    return Proof(recovery_code=Secret(code))


def _grouped(octets: bytes) -> str:
    text = base64.b32encode(octets).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))
