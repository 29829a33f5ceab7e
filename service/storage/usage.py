from collections.abc import Mapping, Sequence

from service.domain.network import address_of, coarse_network_of
from service.domain.usage import RECENT, REFUSALS, KnownValue, Origin, RefusalReason, RefusedUse
from service.storage import words
from service.storage.connection import Connection
from service.storage.padded import in_widths

_FORGETTING = (
    "forget_last_origins",
    "forget_addresses",
    "forget_refusals",
    "forget_demands",
    "forget_networks",
)


class SqlUsage:
    """Rows are written in one order, so that two processes never wait for each other in a circle."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def used(self, uses: Sequence[tuple[str, int, Origin]]) -> None:
        ordered = sorted(uses, key=lambda use: use[:2])
        rows = [{"token_id": token_id, "at": at, **origin._asdict()} for token_id, at, origin in ordered]
        await self._connection.many("note_use", rows)
        seen = {(token_id, origin.ip): at for token_id, at, origin in ordered if origin.ip is not None}
        places = [{"token_id": token_id, "ip": ip, "at": seen[token_id, ip]} for token_id, ip in sorted(seen)]
        await self._connection.many("note_address", places)
        await self._note_networks(seen)
        await self._connection.many(
            "drop_old_addresses",
            [
                {"token_id": token_id, "most": RECENT}
                for token_id in sorted({token_id for token_id, _ in seen})
            ],
        )

    async def _note_networks(self, seen: Mapping[tuple[str, str], int]) -> None:
        networks = {
            (token_id, coarse_network_of(address)): at
            for (token_id, ip), at in seen.items()
            if (address := address_of(ip.partition("/")[0])) is not None
        }
        rows = [
            {"token_id": token_id, "network": network, "at": at}
            for (token_id, network), at in sorted(networks.items())
        ]
        await self._connection.many("note_network", rows)

    async def reported(self, uses: Sequence[tuple[str, int, Origin, str]]) -> None:
        rows = [
            {"token_id": token_id, "at": at, "reported_by": client_id, **origin._asdict()}
            for token_id, at, origin, client_id in sorted(uses, key=lambda use: use[:2])
        ]
        await self._connection.many("note_reported_use", rows)

    async def refused(self, refusals: Sequence[RefusedUse]) -> None:
        rows = [
            {
                "id": refusal.id,
                "jti": refusal.jti,
                "at": refusal.at,
                "reason": str(refusal.reason),
                "replaced": str(refusal.reason.once_replaced),
                "reported_by": refusal.reported_by,
                **refusal.origin._asdict(),
            }
            for refusal in sorted(refusals, key=lambda each: each.id)
        ]
        await self._connection.many("note_refusal", rows)
        jtis = sorted({refusal.jti for refusal in refusals})
        await self._connection.many("drop_old_refusals", [{"jti": jti, "most": REFUSALS} for jti in jtis])

    async def demanded(self, demands: Sequence[tuple[str, str, int]]) -> None:
        rows = [{"token_id": token_id, "scope": scope, "at": at} for token_id, scope, at in sorted(demands)]
        await self._connection.many("note_demand", rows)

    async def refusals(self, token_id: str) -> list[RefusedUse]:
        rows = await self._connection.all("refused_uses", token_id=token_id, most=REFUSALS)
        return [
            RefusedUse(
                jti=row["jti"],
                at=row["at"],
                reason=RefusalReason(row["reason"]),
                origin=Origin(row["ip"], row["user_agent"]),
                reported_by=row["reported_by"],
            )
            for row in rows
        ]

    async def demanded_since(self, token_id: str, since: int) -> list[str]:
        rows = await self._connection.all("demanded_scopes", token_id=token_id, since=since)
        return [row["scope"] for row in rows]

    async def known_values(self, jtis: Sequence[str]) -> Mapping[str, KnownValue]:
        return {
            row["jti"]: KnownValue(row["token_id"], row["issued_at"], words.split(row["audiences"]))
            for keys in in_widths(jtis)
            for row in await self._connection.all("records_of", **keys)
        }

    async def forget(self, *, before: int) -> None:
        for statement in _FORGETTING:
            await self._connection.all(statement, before=before)
