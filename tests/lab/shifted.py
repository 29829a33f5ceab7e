"""A database whose clock a test turns: the issuer's time, for all its sessions at once."""

import asyncio

import asyncpg


def turn_database_clock(url: str, seconds: int) -> None:
    """Let a database's clock run ahead by `seconds`: for new sessions; those there are end."""
    asyncio.run(_turn(url, seconds))


async def _turn(url: str, seconds: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        name = await connection.fetchval("SELECT current_database()")
        await connection.execute(f"ALTER DATABASE \"{name}\" SET safeconduct.clock_offset = '{seconds}'")
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
