"""The one place that names concrete classes: settings in, services out."""

import asyncio
import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from argon2 import PasswordHasher

from keys import MasterKey, MasterKeyMalformed, MasterKeys, VerifyOnly, new_master_key_text
from service.application.bootstrap import first_start, index_key
from service.application.catalogue import ApplyCatalogue
from service.application.clients import CreateClient, DisableClient
from service.application.current import Current
from service.application.edit import EditToken
from service.application.housekeeping import Housekeeping
from service.application.introspect import Introspect
from service.application.invitations import Invitations
from service.application.issue import IssueToken
from service.application.keys import CompromiseKey, KeyRoom, ListKeys, RotateKeys
from service.application.list_tokens import GetToken, ListTokens
from service.application.minting import Mint
from service.application.passwords import Passwords
from service.application.ports import Storage
from service.application.readiness import Readiness
from service.application.recognition import RecogniseToken
from service.application.regenerate import RegenerateToken
from service.application.revoke import RevokeToken
from service.application.sign_in import SessionLifetimes, Sessions
from service.application.status_lists import ListTimes, StatusListTokens
from service.application.users import CreateUser, DisableUser
from service.clock import Clock
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import Randomness
from service.settings import Settings, SettingsInvalid
from service.storage import open_storage
from service.web.services import Services

log = structlog.get_logger("start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The services of a process, with what only start-up and housekeeping touch."""

    services: Services
    storage: Storage
    housekeeping: Housekeeping
    apply_catalogue: ApplyCatalogue


def read_master_key(settings: Settings) -> MasterKeys | None:
    """The master key from the environment or its file. On SQLite a missing file is made once (0600).

    Raises:
        SettingsInvalid: on PostgreSQL a missing key would lock replicas out of each other (threats 23).
    """
    path = Path(settings.master_key_file) if settings.master_key_file else settings.data_dir / "master.key"
    text = settings.master_key
    if not text and not path.exists():
        if not settings.uses_sqlite or settings.master_key_file:
            raise SettingsInvalid([f"SAFECONDUCT_MASTER_KEY: none given, and {path} is not there"])
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError), open(path, "x", opener=_private) as file:
            file.write(new_master_key_text() + "\n")
    try:
        return MasterKeys(MasterKey.from_text(text or path.read_text("ascii")))
    except (MasterKeyMalformed, OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid([f"SAFECONDUCT_MASTER_KEY: {error}"]) from error


def shipped_catalogue(settings: Settings) -> CatalogueDocument:
    """The catalogue of a first start: the operator's file, or ours."""
    path = (
        Path(settings.catalogue_file)
        if settings.catalogue_file
        else Path(__file__).with_name("catalogue.toml")
    )
    return CatalogueDocument.from_toml(path.read_text("utf-8"), issuer=settings.issuer)


@asynccontextmanager
async def open_services(
    settings: Settings,
    clock: Clock,
    *,
    masters: MasterKeys | None,
    randomness: Randomness = secrets.token_bytes,
    hasher: PasswordHasher | None = None,
) -> AsyncIterator[Opened]:
    """Open the database, migrate it, make what a first start needs, and build every use case."""
    storage = await open_storage(settings.effective_database_url, clock)
    passwords = Passwords(hasher or PasswordHasher(), settings.password_hashes_at_once)
    try:
        await storage.migrate()
        yield await _build(settings, clock, storage, passwords, masters, randomness)
    finally:
        passwords.close()
        await storage.close()


async def _build(
    settings: Settings,
    clock: Clock,
    storage: Storage,
    passwords: Passwords,
    masters: MasterKeys | None,
    randomness: Randomness,
) -> Opened:
    current = Current(masters)
    policy = settings.rotation_policy()
    room = KeyRoom(storage, current, masters, randomness=randomness)
    rotate_keys = RotateKeys(room, policy)
    apply_catalogue = ApplyCatalogue(storage, current)
    try:
        await first_start(storage, apply_catalogue, rotate_keys, shipped_catalogue(settings))
    except VerifyOnly as error:
        log.warning("verify_only", reason=str(error))
    await current.reload(storage)

    hash_key = masters.current.derive("token-hash") if masters else None
    mint = Mint(
        current,
        issuer=settings.issuer,
        randomness=randomness,
        hash_key=hash_key,
        index_key=await index_key(storage, masters, randomness=randomness),
    )
    lifetimes = SessionLifetimes(
        bearer=settings.bearer_session_lifetime,
        cookie=settings.cookie_session_lifetime,
        cookie_idle=settings.cookie_session_idle,
    )
    sessions = Sessions(storage, passwords, randomness=randomness, lifetimes=lifetimes)
    invitations = Invitations(
        storage, sessions, passwords, randomness=randomness, lifetime=settings.invitation_lifetime
    )
    recognise = RecogniseToken(storage, current, issuer=settings.issuer, hash_key=hash_key, clock=clock)
    times = ListTimes(
        ttl=settings.status_list_ttl, lifetime=settings.status_list_lifetime, tick=settings.status_list_tick
    )
    status_lists = StatusListTokens(storage, current, issuer=settings.issuer, times=times, clock=clock)
    services = Services(
        settings=settings,
        current=current,
        readiness=Readiness(storage, current, clock),
        sessions=sessions,
        invitations=invitations,
        create_user=CreateUser(storage, current, invitations, randomness=randomness),
        disable_user=DisableUser(storage),
        create_client=CreateClient(storage, current, randomness=randomness),
        disable_client=DisableClient(storage, current),
        issue=IssueToken(storage, current, mint),
        list_tokens=ListTokens(storage),
        get_token=GetToken(storage),
        edit=EditToken(storage),
        regenerate=RegenerateToken(storage, current, mint),
        revoke=RevokeToken(storage),
        recognise=recognise,
        introspect=Introspect(recognise),
        status_lists=status_lists,
        list_keys=ListKeys(storage),
        rotate_keys=rotate_keys,
        compromise_key=CompromiseKey(storage, room, policy),
    )
    housekeeping = Housekeeping(storage, current, status_lists, rotate_keys)
    return Opened(
        services=services, storage=storage, housekeeping=housekeeping, apply_catalogue=apply_catalogue
    )


async def keep_house(housekeeping: Housekeeping) -> asyncio.Task[None]:
    """Begin the beats; cancel the task to end them."""
    return asyncio.create_task(housekeeping.run(), name="housekeeping")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
