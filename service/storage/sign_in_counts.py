from collections.abc import Sequence

from service.application.sign_in_ports import Buckets, Count
from service.domain.throttle import Failures, Standing
from service.storage.connection import Connection, Row


class SqlSignInCounts:
    """Buckets are always taken in their order, by attempts and by the sweep, so that nobody waits in a circle."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def find(self, buckets: Buckets) -> Standing:
        rows = await self._connection.all(
            "sign_in_counts", account=buckets.account, address=buckets.address, pair=buckets.pair
        )
        found = {row["bucket"]: _failures(row) for row in rows}
        return Standing(
            account=found.get(buckets.account, Failures()),
            address=found.get(buckets.address, Failures()),
            pair=found.get(buckets.pair, Failures()),
        )

    async def lock(self, buckets: Buckets, now: int) -> Standing:
        return Standing(
            account=await self._lock(buckets.account, now),
            address=await self._lock(buckets.address, now),
            pair=await self._lock(buckets.pair, now),
        )

    async def write(self, counts: Sequence[Count]) -> None:
        rows = [
            {
                "bucket": count.bucket,
                "failures": count.failures.count,
                "since": count.failures.since,
                "last_at": count.failures.last_at,
                "forget_at": count.forget_at,
            }
            for count in counts
        ]
        await self._connection.many("write_sign_in_count", rows)

    async def forget(self, bucket: str) -> None:
        await self._connection.one("forget_sign_in_count", bucket=bucket)

    async def excuse(self, bucket: str) -> None:
        await self._connection.one("excuse_sign_in", bucket=bucket)

    async def uncount(self, bucket: str, before: Failures, now: int) -> None:
        await self._connection.one(
            "uncount_sign_in",
            bucket=bucket,
            counted=before.count + 1,
            counted_at=now,
            before_at=before.last_at,
        )

    async def sweep(self, now: int, limit: int) -> int:
        rows = await self._connection.all("forgotten_sign_in_counts", now=now, limit=limit)
        buckets = sorted(row["bucket"] for row in rows)
        await self._connection.many(
            "sweep_sign_in_count", [{"bucket": bucket, "now": now} for bucket in buckets]
        )
        return len(buckets)

    async def _lock(self, bucket: str, now: int) -> Failures:
        return _failures(await self._connection.only("lock_sign_in_count", bucket=bucket, now=now))


def _failures(row: Row) -> Failures:
    return Failures(row["failures"], row["since"], row["last_at"])
