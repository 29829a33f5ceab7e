"""The database: whether it is there, durable, of this version and on time, and whether its keys open."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from keys import MasterKeys
from service.application.current import Current
from service.application.readiness import SKEW_LIMIT
from service.cli.doctor.finding import Finding, fail, ok, warn
from service.clock import system_clock
from service.domain.errors import CannotSign, StorageUnavailable
from service.master_key import read_master_key
from service.settings import Settings, SettingsInvalid
from service.storage.examination import Examined, examine

SKEW_NOTED = 5
"""Seconds between two clocks that are worth a word (R71)."""


async def look_at_database(settings: Settings) -> list[Finding]:
    """All that can be told; after a database that is not there, that alone."""
    try:
        examined = await examine(settings.effective_database_url, system_clock)
    except StorageUnavailable as error:
        advice = "is it up, and SAFECONDUCT_DATABASE_URL right?"
        if settings.uses_sqlite:
            advice = "start `safeconduct serve` once"
        return [fail("database", f"cannot be read: {error}", advice)]
    found = [_reached(settings, examined), *judge_durability(examined.durability)]
    if not examined.schema_is_current:
        advice = "run `safeconduct migrate`, or the version that made it"
        return [*found, fail("schema", "is not the one that this version works with", advice)]
    found += [ok("schema", "is this version's"), judge_skew(system_clock() - examined.now)]
    return [*found, _keys(settings, examined)]


def _reached(settings: Settings, examined: Examined) -> Finding:
    kind = "SQLite" if settings.uses_sqlite else "PostgreSQL"
    if not examined.writable:
        advice = "point SAFECONDUCT_DATABASE_URL to the primary: a standby cannot tell the truth"
        return fail("database", f"{kind} takes no writes", advice)
    return ok("database", f"{kind} is reached and takes writes")


def judge_durability(durability: Mapping[str, str]) -> Iterator[Finding]:
    """By what the database says of itself, SQLite's names or PostgreSQL's."""
    if "journal_mode" in durability:
        if durability["journal_mode"] != "wal" or durability["synchronous"] != "2":
            advice = "keep it on a local disk: network file systems know no write-ahead log"
            yield fail("durability", f"journal_mode is {durability['journal_mode']}", advice)
        else:
            yield ok("durability", "each commit is on the disk (WAL, synchronous=FULL)")
        return
    for name in ("fsync", "full_page_writes"):
        if durability[name] == "off":
            advice = f"set {name} = on: a power cut brings revoked tokens back to life"
            yield fail("durability", f"{name} is off", advice)
    if durability["synchronous_standby_names"]:
        yield ok("durability", "a commit waits for the disk and for a standby")
    else:
        said = "a commit waits for the disk of this server, for no standby"
        yield ok("durability", f"{said}: a primary that is lost takes its last commits along")


def judge_skew(skew: int) -> Finding:
    """By how many seconds this machine's clock is ahead of the database's."""
    said = f"{abs(skew)} s {'ahead of' if skew > 0 else 'behind'} the database's"
    if abs(skew) > SKEW_LIMIT:
        return fail("clock", said, "let both machines follow a time server: nothing is issued until then")
    if abs(skew) > SKEW_NOTED:
        return warn("clock", said, "let both machines follow a time server")
    return ok("clock", "agrees with the database's")


def _keys(settings: Settings, examined: Examined) -> Finding:
    try:
        masters = _masters(settings)
    except SettingsInvalid as error:
        return fail("master key", "; ".join(error.faults), "give the key that this database was made with")
    current = Current(masters)
    if examined.ring is None or not examined.ring.keys:
        return warn("keys", "there are none yet", "the first `safeconduct serve` makes them")
    current.take_ring(examined.ring)
    try:
        current.require_signers()
    except CannotSign as error:
        return fail("keys", f"cannot sign: {error}", "give the master key that this database was made with")
    return ok("keys", f"the master key opens them; {len(current.key_set)} are published")


def _masters(settings: Settings) -> MasterKeys | None:
    """As the service reads it, but that a missing one is not made."""
    path = Path(settings.master_key_file) if settings.master_key_file else settings.data_dir / "master.key"
    if not settings.master_key and not path.exists():
        raise SettingsInvalid([f"{path} is not there"])
    return read_master_key(settings)
