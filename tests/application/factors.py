"""People with a second factor, and what their authenticator app shows."""

from dataclasses import dataclass

import pyotp

from service.application.sign_in import OpenedSession
from service.domain.principal import SignedIn
from service.domain.second_factor import NO_PROOF, STEP, Proof
from service.domain.secret import Secret
from service.domain.session import Carrier
from tests.application.deployment import Deployment
from tests.application.people import PASSWORD, arrive, find, from_afar


def totp(code: str) -> Proof:
    return Proof(totp=Secret(code))


def recovery(code: str) -> Proof:
    return Proof(recovery_code=Secret(code))


@dataclass
class Protected:
    """Somebody whose account asks for a code; `who` is their first session."""

    on: Deployment
    who: SignedIn
    factor_id: str
    secret: str
    codes: list[str]
    first_code: str = ""

    @property
    def name(self) -> str:
        return self.who.user.name

    def code(self, steps: int = 0) -> str:
        """What the app shows; or did, or will do, so many steps away."""
        return pyotp.TOTP(self.secret).at(self.on.clock() + steps * STEP)

    def fresh(self) -> Proof:
        """A code that was not used before."""
        self.on.clock.advance(STEP)
        return totp(self.code())

    async def sign_in(self, proof: Proof = NO_PROOF, password: str = PASSWORD) -> OpenedSession:
        """From a network that nobody called from yet."""
        return await self.on.services.sessions.sign_in(
            self.name, Secret(password), carrier=Carrier.COOKIE, origin=from_afar(), proof=proof
        )


async def protected(on: Deployment, name: str = "Ann Ulm") -> Protected:
    """Somebody new with an authenticator app, at the beginning of a time step."""
    who = await find(on, await arrive(on, name))
    on.clock.advance(STEP - on.clock() % STEP)
    add = on.services.second_factors.add
    begun = await add.begin_totp(who)
    secret = begun.secret.reveal()
    code = pyotp.TOTP(secret).at(on.clock())
    added = await add.confirm_totp(who, begun.id, name="phone", code=code)
    return Protected(on, who, begun.id, secret, [each.reveal() for each in added.codes], code)
