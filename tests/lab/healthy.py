"""What a service must be again after a fault, without a restart."""

from tests.lab.evidence import status
from tests.lab.replica import NEW_TOKEN, TOKENS, Replica
from tests.servers.leash import wait_until

IN_TIME = 3  # seconds for every answer, whatever the database does (R57)
RECOVERS_WITHIN = 5  # seconds after the database is back (R59)
LISTED_WITHIN = 10


class Witness:
    """A token that lives, and one whose revocation was acknowledged and listed before the fault."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.pid = replica.pid
        self.live = replica.administrator.create()["token"]
        revoked = replica.administrator.create()
        assert replica.administrator.call("DELETE", f"{TOKENS}/{revoked['id']}").status == 200
        self.revoked = revoked["token"]
        assert wait_until(lambda: status(replica, self.revoked) == 1, within=LISTED_WITHIN)

    def works(self) -> bool:
        """Whether the service is ready, tells the truth and takes writes."""
        replica = self.replica
        return (
            replica.is_ready()
            and replica.gateway.introspect(self.live).status == 200
            and replica.administrator.call("POST", TOKENS, json_body=NEW_TOKEN).status == 201
        )

    def assert_recovery(self) -> None:
        """In time, by the same process, and nothing that was acknowledged is lost."""
        assert wait_until(self.works, within=RECOVERS_WITHIN), self.replica.last_words()
        assert self.replica.pid == self.pid
        assert self.replica.gateway.is_active(self.live)
        assert not self.replica.gateway.is_active(self.revoked)
        assert status(self.replica, self.live) == 0
        assert status(self.replica, self.revoked) == 1
