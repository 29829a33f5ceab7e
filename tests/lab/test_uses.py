"""What a real process remembers of uses across its end."""

from tests.lab.replica import running_replica
from tests.servers.leash import Leash


def test_a_stop_writes_down_what_was_seen_last(leash: Leash) -> None:
    """A use in the moment before SIGTERM is known to the next process: it was in memory alone until then (R64)."""
    with running_replica(leash) as replica:
        used, unused = replica.administrator.create(), replica.administrator.create()
        assert replica.gateway.is_active(used["token"])
        replica.stop()
        replica.start()

        tokens = replica.administrator.tokens()

    assert tokens[used["id"]]["last_used"] is not None
    assert tokens[unused["id"]]["last_used"] is None
