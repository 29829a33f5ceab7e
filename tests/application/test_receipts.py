"""The receipt of a revocation: what was done, and by when the last verifier knows."""

import pytest

from service.domain.errors import NotFound, TokenIsNotRevoked
from service.domain.publication import Form, Publication
from service.domain.receipt import Receipt
from service.domain.token import Token
from tests.application.deployment import DAY, Deployment, claims_of
from tests.application.test_status_lists import list_of

LIFETIME, LEEWAY = 900, 30


async def receipt_of(on: Deployment, token: Token) -> Receipt:
    return await on.services.receipts(token.id, owner_id=token.owner_id)


async def test_a_receipt_names_the_first_list_that_shows_the_revocation(opened: Deployment) -> None:
    """Who, when, why and which revision at once; the list as soon as it is signed, and then for good."""
    issued, other = await opened.token(), await opened.token()
    lists = opened.services.status_lists
    before = await lists.token(list_of(issued))
    revoked = await opened.revoke(issued.token, actor="user:ann", reason="lost")

    at_once = await receipt_of(opened, issued.token)
    await lists.follow()
    shown = await opened.signed_list(claims_of(issued)["status"]["status_list"]["uri"])
    told = await receipt_of(opened, issued.token)
    await opened.revoke(other.token)
    opened.clock.advance(DAY)
    await lists.follow()

    assert (at_once.token.revoked_by, at_once.token.revoke_reason) == ("user:ann", "lost")
    assert (at_once.list_version, at_once.list_signed_at) == (None, None)
    assert at_once.lists_refuse_by == revoked.revoked_at + LIFETIME + LEEWAY
    assert told.revision == at_once.revision > before.version
    assert (told.list_version, told.list_signed_at) == (shown.version, shown.iat)
    assert await receipt_of(opened, issued.token) == told


async def test_the_lists_refuse_by_the_end_of_the_last_one_without_it(opened: Deployment) -> None:
    """R3: no token of the list that does not show the revocation is good for longer, and none can be made."""
    issued = await opened.token()
    before = await opened.services.status_lists.token(list_of(issued))
    opened.clock.advance(20)
    revoked = await opened.revoke(issued.token)
    await opened.services.status_lists.follow()

    told = await receipt_of(opened, issued.token)

    assert told.lists_refuse_by == before.expires_at + LEEWAY
    assert told.lists_refuse_by <= revoked.revoked_at + LIFETIME + LEEWAY


async def test_a_list_that_nobody_could_read_before_refuses_from_the_start(opened: Deployment) -> None:
    """Its first token shows the revocation already."""
    issued = await opened.token()
    await opened.revoke(issued.token)
    await opened.services.status_lists.follow()

    told = await receipt_of(opened, issued.token)

    assert told.lists_refuse_by == told.list_signed_at + LEEWAY


async def test_the_last_of_its_values_counts(opened: Deployment) -> None:
    """A regenerated token has ended values of earlier revisions; the receipt is about the end of all."""
    issued = await opened.token()
    again = await opened.regenerate(issued.token)
    await opened.services.status_lists.follow()
    [(earlier,)] = await opened.sql("SELECT max(revision) FROM status_change")
    await opened.revoke(again.token)
    await opened.services.status_lists.follow()

    told = await receipt_of(opened, again.token)

    assert told.revision == earlier + 1
    assert told.list_version >= told.revision


async def test_what_was_pushed_is_told(opened: Deployment) -> None:
    """When Redis and the stream first had it, and nothing as long as they have not."""
    issued = await opened.token()
    await opened.revoke(issued.token)
    before = await receipt_of(opened, issued.token)
    async with opened.storage.transaction() as tx:
        await tx.publications.note([Publication(Form.STREAM, before.revision + 3, 1_800_000_000_123)])

    after = await receipt_of(opened, issued.token)

    assert before.pushed_ms == {}
    assert after.pushed_ms == {Form.STREAM: 1_800_000_000_123}


async def test_only_a_revoked_token_of_ones_own_has_a_receipt(opened: Deployment) -> None:
    """Another's is not there; a live one is in the wrong state; whoever reads everything asks for nobody's."""
    live, revoked = await opened.token(), await opened.token()
    await opened.revoke(revoked.token)
    receipts = opened.services.receipts

    with pytest.raises(TokenIsNotRevoked):
        await receipts(live.token.id, owner_id=live.token.owner_id)
    for token_id in (revoked.token.id, "0" * 32):
        with pytest.raises(NotFound):
            await receipts(token_id, owner_id=live.token.owner_id)
    assert (await receipts(revoked.token.id, owner_id=None)).token.id == revoked.token.id
