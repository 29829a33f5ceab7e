"""What a process holds in memory of the slow-changing truth."""

from dataclasses import replace

from service.application.current import Current
from tests.application.deployment import Deployment


class LateNews:
    """A look at the database whose answer is still on its way when somebody else looks, and sees more."""

    def __init__(self, on: Deployment) -> None:
        self._on = on
        self.catalogues = self

    async def heads(self) -> dict[str, int]:
        held = self._on.services.current.heads
        return dict(held) | {"catalogue": held["catalogue"] + 1}

    async def latest(self) -> tuple[int, str]:
        current = self._on.services.current
        before = (current.heads["catalogue"], current.catalogue.to_json())
        wanted = replace(current.catalogue, policy=replace(current.catalogue.policy, confirm="every"))
        await self._on.services.apply_catalogue(wanted, actor="test")
        return before


async def test_late_news_do_not_replace_newer_ones(opened: Deployment) -> None:
    """Two looks at the database overlap: what was read first but arrives last is dropped, not kept for good."""
    current = opened.services.current

    await current.refresh(LateNews(opened))

    assert current.catalogue.policy.confirm == "every"


async def test_a_fresh_look_holds_what_the_database_holds(opened: Deployment) -> None:
    """Key ring, catalogue and clients, as after a restart."""
    client = await opened.client()
    fresh = Current(opened.masters)

    await fresh.reload(opened.storage)

    assert fresh.ring == opened.services.current.ring
    assert fresh.catalogue == opened.services.current.catalogue
    assert fresh.clients == {client.id: client}
    assert fresh.published == opened.services.current.published
