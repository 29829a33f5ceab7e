"""What the doctor says of a database, beside the process that uses it."""

from service.cli.doctor.database import look_at_database
from service.cli.doctor.finding import State
from tests.application.deployment import Deployment


async def test_a_database_is_judged_on_each_engine(opened: Deployment) -> None:
    """Durable, of this version, and its keys open; to look changes nothing."""
    before = await opened.dump()

    found = await look_at_database(opened.settings)

    said = ["database", "durability", "schema", "clock", "keys"]
    assert [each.about for each in found] == said
    states = [each.state for each in found if each.about != "clock"]  # on SQLite that is the test's
    assert states == [State.OK] * 4
    assert await opened.dump() == before
