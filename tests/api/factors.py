"""An authenticator app, set up through the API."""

from dataclasses import dataclass

import pyotp

from tests.api.api_fixtures import Api, Person

FACTORS = "/v1/me/second-factors"
STEP = 30


@dataclass
class App:
    """An authenticator app that looks at the service's clock."""

    api: Api
    secret: str
    factor_id: str
    codes: list[str]

    def code(self) -> str:
        """One that was not used before."""
        return pyotp.TOTP(self.secret).at(self.api.authority.clock.advance(STEP))


async def set_up(api: Api, who: Person) -> App:
    begun = (await api.call("POST", f"{FACTORS}/totp", by=who, json={})).document
    code = pyotp.TOTP(begun["secret"]).at(api.authority.clock())
    path = f"{FACTORS}/{begun['id']}/confirm"
    reply = await api.call("POST", path, by=who, json={"name": "phone", "code": code})
    assert reply.status == 200, reply.body
    return App(api, begun["secret"], begun["id"], reply.document["recovery_codes"])
