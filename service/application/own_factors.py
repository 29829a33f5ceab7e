"""One's own second factors: looked at, named, removed, and the codes for the day one of them is lost."""

from dataclasses import dataclass

from service.application.factor_changes import accepted_name, new_codes, note, tell
from service.application.ports import Storage
from service.domain.errors import NotFound
from service.domain.identifiers import Randomness
from service.domain.principal import SignedIn
from service.domain.second_factor import Factor
from service.domain.secret import Secret


@dataclass(frozen=True, slots=True)
class OwnedFactors:
    """What an account asks for beside the password, and how many recovery codes are left."""

    factors: list[Factor]
    codes_left: int


class OwnFactors:
    def __init__(self, storage: Storage, *, randomness: Randomness) -> None:
        self._storage = storage
        self._randomness = randomness

    async def __call__(self, user_id: str) -> OwnedFactors:
        async with self._storage.reading() as read:
            return OwnedFactors(
                await read.second_factors.of_user(user_id), await read.second_factors.codes_left(user_id)
            )

    async def rename(self, who: SignedIn, factor_id: str, name: str) -> None:
        """Raises NotFound and Faulty."""
        name = accepted_name(name)
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            if not await tx.second_factors.rename(factor_id, who.user.id, name):
                raise NotFound("no such second factor")
            await note(tx, who, "second_factor.renamed", {"factor": factor_id})

    async def remove(self, who: SignedIn, factor_id: str) -> None:
        """It is not asked for any more; with the last one the recovery codes go. Raises NotFound."""
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            if not await tx.second_factors.remove(factor_id, who.user.id):
                raise NotFound("no such second factor")
            if not await tx.second_factors.of_user(who.user.id):
                await tx.second_factors.replace_codes(who.user.id, [])
            await tell(tx, who, "second_factor.removed", {"factor": factor_id})

    async def renew_codes(self, who: SignedIn) -> list[Secret]:
        """Ten fresh codes, to be shown once; those before are void. Raises NotFound without a second factor."""
        async with self._storage.transaction() as tx:
            await tx.users.lock(who.user.id)
            if not await tx.second_factors.of_user(who.user.id):
                raise NotFound("there is no second factor that they could stand for")
            codes = await new_codes(tx, who.user.id, randomness=self._randomness)
            await tell(tx, who, "recovery_codes.renewed", {"codes": len(codes)})
        return codes

    async def noticed(self, who: SignedIn) -> None:
        """This session has been told."""
        async with self._storage.transaction() as tx:
            await tx.second_factors.noticed(who.session.id, await tx.now())
