"""Passkeys (WebAuthn level 3): what a browser is asked for, and whether its answer is good."""

import ipaddress
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import webauthn
from safeconduct.base64url import decode, encode
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from service.application.challenges import LIFETIME, Challenges
from service.domain.second_factor import Factor
from service.domain.secret import Secret
from service.domain.user import User

_MILLISECONDS: Final = LIFETIME * 1_000
_LONGEST: Final = 16_384


class PasskeyRefused(Exception):
    """The answer of a browser is not to be honoured."""


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What is kept of a passkey, in base64url, and the challenge that its making answered."""

    credential_id: str
    public_key: str
    counter: int
    challenge: bytes
    expires_at: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A good signature: by which passkey, its count, and whether the authenticator knew its user (PIN, finger)."""

    factor: Factor
    counter: int
    verified_user: bool
    challenge: bytes
    expires_at: int


class Passkeys:
    """Relying party of one public address; passkeys are bound to its host."""

    def __init__(self, issuer: str, challenges: Challenges) -> None:
        parts = urlsplit(issuer)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._host = parts.hostname or ""
        self._challenges = challenges

    @property
    def possible(self) -> bool:
        """Whether browsers make passkeys for this host: for a name they do, for an IP address they do not."""
        try:
            ipaddress.ip_address(self._host)
        except ValueError:
            return True
        return False

    def creation_options(self, user: User, known: Sequence[Factor], *, binding: str, now: int) -> str:
        """JSON for `navigator.credentials.create`; keys that are `known` make no second passkey."""
        options = webauthn.generate_registration_options(
            rp_id=self._host,
            rp_name=self._host,
            user_name=user.name,
            user_id=bytes.fromhex(user.id),
            challenge=self._challenges.make(binding, now),
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED,
                user_verification=UserVerificationRequirement.PREFERRED,
            ),
            exclude_credentials=_descriptors(known),
        )
        return webauthn.options_to_json(options)

    def request_options(self, known: Sequence[Factor], *, binding: str, now: int) -> str:
        """JSON for `navigator.credentials.get`."""
        options = webauthn.generate_authentication_options(
            rp_id=self._host,
            challenge=self._challenges.make(binding, now),
            timeout=_MILLISECONDS,
            allow_credentials=_descriptors(known),
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return webauthn.options_to_json(options)

    def created(self, answer: Secret, *, binding: str, now: int) -> NewPasskey:
        """The passkey that a browser made. Raises PasskeyRefused."""
        with _refusing():
            credential = parse_registration_credential_json(_bounded(answer))
            challenge, expires_at = self._challenge(credential.response.client_data_json, binding, now)
            verified = webauthn.verify_registration_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
            )
        return NewPasskey(
            encode(verified.credential_id),
            encode(verified.credential_public_key),
            verified.sign_count,
            challenge,
            expires_at,
        )

    def answered(self, answer: Secret, known: Sequence[Factor], *, binding: str, now: int) -> Answered:
        """Which of the `known` passkeys signed. Raises PasskeyRefused, also for one whose count does not rise."""
        with _refusing():
            credential = parse_authentication_credential_json(_bounded(answer))
            challenge, expires_at = self._challenge(credential.response.client_data_json, binding, now)
            named = encode(credential.raw_id)
            [factor] = [factor for factor in known if factor.credential_id == named]
            verified = webauthn.verify_authentication_response(
                credential=credential,
                expected_challenge=challenge,
                expected_rp_id=self._host,
                expected_origin=self._origin,
                credential_public_key=decode(factor.public_key or ""),
                credential_current_sign_count=factor.counter,
            )
        return Answered(factor, verified.new_sign_count, verified.user_verified, challenge, expires_at)

    def _challenge(self, client_data: bytes, binding: str, now: int) -> tuple[bytes, int]:
        """The challenge that was answered and when it ends, if it was made here for this."""
        challenge = parse_client_data_json(client_data).challenge
        expires_at = self._challenges.expiry(challenge, binding, now)
        if expires_at is None:
            raise PasskeyRefused
        return challenge, expires_at


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever a parser stumbles over in the bytes of a stranger is a refusal."""
    try:
        yield
    except Exception as error:
        raise PasskeyRefused from error


def _bounded(answer: Secret) -> str:
    text = answer.reveal()
    if len(text) > _LONGEST:
        raise PasskeyRefused
    return text


def _descriptors(known: Sequence[Factor]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=decode(factor.credential_id))
        for factor in known
        if factor.credential_id is not None
    ]
