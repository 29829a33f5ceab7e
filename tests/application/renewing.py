"""New values as the tests of renewals ask for them."""

from service.application.idempotency import Repeated
from service.application.issue import Issued
from service.domain.catalogue import CatalogueDocument
from service.domain.idempotency import IdempotencyKey
from service.domain.overlap import Overlap
from service.domain.principal import TokenBearer
from service.domain.token import Token
from service.web.services import Services
from tests.application.deployment import Deployment, a_request


async def renewed(on: Deployment, token: Token, seconds: int, *, until_used: bool = False) -> Issued:
    """A new value with an overlap."""
    return await on.services.regenerate(
        token.id,
        a_request(note=None, scopes=None),
        owner_id=token.owner_id,
        actor=f"user:{token.owner_id}",
        overlap=Overlap(seconds=seconds, until_used=until_used),
    )


async def alive(on: Deployment, *values: Issued) -> list[bool]:
    return [await on.is_active(value) for value in values]


async def with_self_rotate(on: Deployment) -> None:
    """Offer the scope `self_rotate`."""
    document = on.services.current.catalogue.to_document()
    document["operations"].append("rotate")
    document["entities"]["personal_access_tokens"] = "Personal Access Tokens"
    document["families"]["self_rotate"] = {
        "title": "Renew itself",
        "entities": ["personal_access_tokens"],
        "levels": {"plain": {"operations": ["rotate"]}},
    }
    await on.services.apply_catalogue(CatalogueDocument.from_document(document), actor="test")


async def bearer_of(on: Deployment, value: Issued) -> TokenBearer:
    """The caller that shows this value."""
    recognised = await on.services.recognise(value.jwt.reveal())
    return TokenBearer(recognised.reading.claims, recognised.truth)


def a_key(text: str = "0123456789abcdef", *, caller: str = "ann", body: object = None) -> IdempotencyKey:
    return IdempotencyKey.of(text, caller=caller, call="POST /tokens", body={"asked": body})


async def issued_once(
    on: Deployment, owner_id: str, key: IdempotencyKey, *, services: Services | None = None, **members: object
) -> Issued | Repeated:
    return await (services or on.services).issue.once(
        a_request(**members), key=key, owner_id=owner_id, actor=f"user:{owner_id}"
    )
