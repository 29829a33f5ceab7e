"""Recognise a short reference: which record it stands for, and what that may do now."""

from collections import OrderedDict
from typing import Final

from safeconduct import Claims

from service.application.batch import Batch
from service.application.minting import token_hash
from service.application.ports import Storage
from service.domain.identifiers import to_wire
from service.domain.reference import ReferenceTruth, is_reference
from service.domain.token import PERSONAL_ACCESS_TOKEN_CLIENT, TokenTruth

REMEMBERED: Final = 16_384


class RecogniseReference:
    """Every answer is read anew. What is remembered is that a text was one of ours, so that who uses it is not taken
    for somebody who tries texts out.
    """

    def __init__(self, storage: Storage, *, issuer: str, hash_key: bytes | None) -> None:
        self._by_hash = Batch(storage.reference_truth)
        self._issuer = issuer
        self._hash_key = hash_key
        self._known: OrderedDict[str, None] = OrderedDict()

    async def __call__(self, text: str) -> tuple[TokenTruth, Claims] | None:
        """The truth and what a token would assert that were made now; None for what was never given out. A text whose
        check is wrong reaches no database, and without the master key none can be known.

        Raises:
            StorageUnavailable: the truth cannot be told now.
        """
        if self._hash_key is None or not is_reference(text):
            return None
        hashed = token_hash(text, self._hash_key)
        named = await self._by_hash.get(hashed)
        if named is None:
            return None
        self._known[hashed] = None
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return named.truth, self._claims(named)

    def remembers(self, text: str) -> bool:
        """Whether this very text was found to be ours lately; whatever its state is now."""
        return (
            self._hash_key is not None
            and is_reference(text)
            and token_hash(text, self._hash_key) in self._known
        )

    def _claims(self, named: ReferenceTruth) -> Claims:
        truth = named.truth
        return Claims(
            iss=self._issuer,
            sub=to_wire(truth.owner_id),
            aud=truth.audiences,
            exp=truth.expires_at,
            iat=named.issued_at,
            jti=to_wire(truth.jti),
            client_id=PERSONAL_ACCESS_TOKEN_CLIENT,
            scope=truth.scopes,
            nbf=named.not_before,
            allowed_ips=truth.allowed_ips,
        )
