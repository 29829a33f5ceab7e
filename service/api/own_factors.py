"""/v1/me/second-factors, /v1/me/recovery-codes: what one's account asks for beside the password.

Passkeys are made on the pages alone: only a browser can.
"""

from typing import Any, Final

import msgspec
from aiohttp import web

from keys import VerifyOnly
from service.api.answers import Answer, Created, Id, NoContent, Time
from service.api.bodies import read_body
from service.api.contract import contract
from service.api.path_ids import path_id
from service.api.sessions import Code
from service.api.times import rfc3339, rfc3339_or_none
from service.domain.errors import CannotSign, LimitReached, NotFound
from service.domain.identifiers import to_wire
from service.domain.second_factor import Factor, FactorKind
from service.domain.secret import Secret
from service.web.appkeys import SERVICES
from service.web.callers import signed_in

FACTORS: Final = "/v1/me/second-factors"
CODES: Final = "/v1/me/recovery-codes"


class FirstCode(msgspec.Struct, kw_only=True):
    """POST /v1/me/second-factors/{id}/confirm. `name` is for its owner to tell one from another."""

    name: str
    code: Code


class NewName(msgspec.Struct, kw_only=True):
    """PATCH /v1/me/second-factors/{id}."""

    name: str


class FactorShown(msgspec.Struct, kw_only=True):
    """Nothing secret, and nothing by which it could be used."""

    id: Id
    kind: FactorKind
    name: str
    created_at: Time
    last_used: Time | None


class FactorsShown(msgspec.Struct, kw_only=True):
    """What the account asks for beside the password, the oldest first."""

    second_factors: list[FactorShown]
    recovery_codes_left: int


class TotpBegun(msgspec.Struct, kw_only=True):
    """The secret in base32, and in the address (`otpauth:`) that authenticator apps read from a QR code; shown once."""

    id: Id
    secret: str
    uri: str


class FactorAdded(FactorShown, kw_only=True):
    """With the first one come ten `recovery_codes`, shown once."""

    recovery_codes: list[str]


class CodesShown(msgspec.Struct, kw_only=True):
    """Each good once; shown once."""

    recovery_codes: list[str]


class FactorsReset(msgspec.Struct, kw_only=True):
    """How many there were."""

    removed: int


async def list_factors(request: web.Request) -> Answer[FactorsShown]:
    """The second factors, the oldest first, and how many recovery codes are left."""
    owned = await request.app[SERVICES].second_factors.own(signed_in(request).user.id)
    factors = [FactorShown(**_members(factor)) for factor in owned.factors]
    return Answer(FactorsShown(second_factors=factors, recovery_codes_left=owned.codes_left))


@contract(raises=(LimitReached, CannotSign))
async def begin_totp(request: web.Request) -> Created[TotpBegun]:
    """A secret for an authenticator app, shown once; it counts when its first code is given."""
    begun = await request.app[SERVICES].second_factors.add.begin_totp(signed_in(request))
    return Created(TotpBegun(id=to_wire(begun.id), secret=begun.secret.reveal(), uri=begun.uri.reveal()))


@contract(body=FirstCode, raises=(VerifyOnly,))
async def confirm_totp(request: web.Request) -> Answer[FactorAdded]:
    """From now on it is asked for. With the first one come ten recovery codes, shown once."""
    body = await read_body(request, FirstCode)
    added = await request.app[SERVICES].second_factors.add.confirm_totp(
        signed_in(request), path_id(request), name=body.name, code=body.code
    )
    return Answer(FactorAdded(**_members(added.factor), recovery_codes=_shown(added.codes)))


@contract(body=NewName)
async def rename_factor(request: web.Request) -> NoContent:
    """Another name."""
    body = await read_body(request, NewName)
    await request.app[SERVICES].second_factors.own.rename(signed_in(request), path_id(request), body.name)
    return NoContent()


async def remove_factor(request: web.Request) -> NoContent:
    """It is not asked for any more; with the last one the recovery codes go."""
    await request.app[SERVICES].second_factors.own.remove(signed_in(request), path_id(request))
    return NoContent()


@contract(raises=(NotFound,))
async def renew_codes(request: web.Request) -> Created[CodesShown]:
    """Ten fresh recovery codes, shown once; those before are void."""
    codes = await request.app[SERVICES].second_factors.own.renew_codes(signed_in(request))
    return Created(CodesShown(recovery_codes=_shown(codes)))


async def reset_factors(request: web.Request) -> Answer[FactorsReset]:
    """Let somebody in by the password alone who lost every second factor."""
    removed = await request.app[SERVICES].second_factors.reset(
        path_id(request), actor=signed_in(request).actor
    )
    return Answer(FactorsReset(removed=removed))


def _members(factor: Factor) -> dict[str, Any]:
    return {
        "id": to_wire(factor.id),
        "kind": factor.kind,
        "name": factor.name,
        "created_at": rfc3339(factor.created_at),
        "last_used": rfc3339_or_none(factor.last_used_at),
    }


def _shown(codes: list[Secret]) -> list[str]:
    return [code.reveal() for code in codes]
