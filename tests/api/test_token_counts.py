"""The line that the list begins with: how many work, how many end soon, and the first of them."""

from service.domain.edit import Edit
from service.domain.issuance import Expiry, TokenRequest
from tests.api.api_fixtures import Api

DAY = 86_400


async def counted(api: Api, *, later: int = 0):
    services = api.authority.services
    person = await api.person("ann")
    ids = []
    for days in (1, 5, 30, None, 40, 2):
        request = TokenRequest(note="job", scopes=("company",), expiry=Expiry(days=days))
        made = await services.issue(request, owner_id=person.user.id, actor="test")
        ids.append(made.token.id)
    owner = person.user.id
    await services.revoke(ids[4], owner_id=owner, actor="test", reason="x")
    await services.edit(ids[1], Edit(suspended=True), owner_id=owner, actor="test", administrator=False)
    api.authority.clock.advance(later)
    return await services.own_account.token_counts(owner), api.authority.clock() + 2 * DAY - later


async def test_each_token_is_counted_in_its_one_state(api: Api) -> None:
    """Working, ended, paused, removed; of the working ones those that end within 14 days, and the first of them."""
    counts, ends_next = await counted(api, later=DAY + 60)

    assert (counts.active, counts.expired, counts.suspended, counts.revoked) == (3, 1, 1, 1)
    assert (counts.ending, counts.ends_next) == (1, ends_next)


async def test_postgresql_counts_the_same(postgres_api: Api) -> None:
    """One text of SQL, one answer, at its own clock."""
    counts, _ = await counted(postgres_api)

    assert (counts.active, counts.expired, counts.suspended, counts.revoked, counts.ending) == (4, 0, 1, 1, 2)
