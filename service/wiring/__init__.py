"""The one place that names concrete classes: settings in, services out."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from argon2 import PasswordHasher

from keys import MasterKeys, VerifyOnly
from service.application.absence import PauseAbsent
from service.application.bootstrap import first_start
from service.application.catalogue import ApplyCatalogue
from service.application.clients import CreateClient, DisableClient
from service.application.current import Current
from service.application.edit import EditToken
from service.application.find_user import FindUser
from service.application.forward_auth import ForwardAuth
from service.application.housekeeping import Housekeeping
from service.application.idempotency import UnderWay
from service.application.introspect import Introspect
from service.application.inventory import ListInventory
from service.application.issue import IssueToken
from service.application.keys import ListKeys, RotateKeys
from service.application.list_tokens import GetToken, ListTokens
from service.application.machines import Machines
from service.application.passwords import Passwords
from service.application.ports import Storage
from service.application.post import Post
from service.application.readiness import Readiness
from service.application.regenerate import RegenerateToken
from service.application.revoke import RevokePresented, RevokeToken
from service.application.revoke_many import RevokeMany
from service.application.rotate_itself import RotateItself
from service.application.users import CreateUser, DisableUser
from service.clock import Clock
from service.domain.catalogue import CatalogueDocument
from service.domain.identifiers import Randomness
from service.publish.in_process import InProcessAnnouncer
from service.settings import Settings
from service.storage import open_storage
from service.web.services import Services
from service.wiring.clients import client_services
from service.wiring.elsewhere import elsewhere_services
from service.wiring.governance import governance
from service.wiring.limits import address_rates, client_limits, finder_keys, revoke_leaked
from service.wiring.lists import receipts_of, remove_spent_of, status_lists_of
from service.wiring.notices import links_of, notice_services, post_of, webhook_maker
from service.wiring.people import people
from service.wiring.publication import push_of
from service.wiring.recovery import history_of
from service.wiring.second_factors import second_factors
from service.wiring.tokens import keys_of, mint_of, recogniser
from service.wiring.usage import usage_of
from service.wiring.world import World

log = structlog.get_logger("start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The services of a process, with what only start-up and housekeeping touch."""

    services: Services
    storage: Storage
    housekeeping: Housekeeping
    post: Post


def shipped_catalogue(settings: Settings) -> CatalogueDocument:
    """The catalogue of a first start: the operator's file, or ours."""
    path = (
        Path(settings.catalogue_file)
        if settings.catalogue_file
        else Path(__file__).parent.with_name("catalogue.toml")
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
    clock_offset: Callable[[], int] | None = None,
) -> AsyncIterator[Opened]:
    """Open the database, migrate it, make what a first start needs, and build every use case.

    `clock_offset` shifts PostgreSQL's clock in tests; SQLite goes by `clock`.
    """
    announcer = InProcessAnnouncer()
    storage = await open_storage(
        settings.effective_database_url, clock, announcer=announcer, clock_offset=clock_offset
    )
    passwords = Passwords(
        hasher or PasswordHasher(), settings.password_hashes_at_once, queue=settings.password_queue
    )
    try:
        await storage.migrate()
        current = Current(masters)
        history = await history_of(settings, storage, current)
        world = World(
            settings=settings,
            clock=clock,
            storage=storage,
            announcer=announcer,
            passwords=passwords,
            masters=masters,
            randomness=randomness,
            current=current,
            history=history,
            hash_key=masters.current.derive("token-hash") if masters else None,
        )
        services = await _build(world)
        try:
            yield Opened(
                services=services,
                storage=storage,
                housekeeping=_housekeeping(world, services),
                post=post_of(world, services.notices),
            )
        finally:
            await services.elsewhere.close()
            await services.publication.close()
    finally:
        passwords.close()
        await storage.close()


async def _build(world: World) -> Services:
    storage, current, (rotate, compromise) = world.storage, world.current, keys_of(world)
    apply_catalogue, mint, under_way = await _first_start(world, rotate), await mint_of(world), UnderWay()
    factors, recognise = second_factors(world), recogniser(world)
    sessions, invitations, own_account = people(world, factors)
    usage, push = usage_of(world, recognise), push_of(world)
    clients, links = client_services(world, mint, recognise), links_of(world, invitations)
    revoke_many = RevokeMany(storage)
    return Services(
        settings=world.settings,
        current=current,
        readiness=Readiness(storage, current, world.clock, push.redis.state if push.redis else None),
        usage=usage,
        sessions=sessions,
        invitations=invitations,
        own_account=own_account,
        second_factors=factors,
        create_user=CreateUser(storage, current, links, randomness=world.randomness),
        disable_user=DisableUser(storage),
        machines=Machines(storage, current, randomness=world.randomness),
        find_user=FindUser(storage),
        create_client=CreateClient(storage, current, randomness=world.randomness),
        disable_client=DisableClient(storage, current),
        clients=clients,
        issue=IssueToken(
            storage, current, mint, under_way, most_children=world.settings.live_children_per_token
        ),
        list_tokens=ListTokens(storage),
        get_token=GetToken(storage),
        edit=EditToken(storage, current),
        regenerate=RegenerateToken(storage, current, mint, under_way),
        rotate_itself=RotateItself(storage, current, mint),
        revoke=RevokeToken(storage),
        revoke_presented=RevokePresented(storage, recognise),
        revoke_many=revoke_many,
        revoke_leaked=revoke_leaked(world, recognise, revoke_many),
        finder_keys=finder_keys(world),
        receipts=receipts_of(world),
        inventory=ListInventory(storage),
        recognise=recognise,
        introspect=Introspect(recognise, clients.recognise_short, usage.sightings),
        forward_auth=ForwardAuth(recognise, clients.recognise_short, current, usage.sightings),
        client_limits=client_limits(world, recognise, clients.recognise_short),
        address_rates=address_rates(world),
        status_lists=status_lists_of(world),
        publication=push,
        list_keys=ListKeys(storage),
        rotate_keys=rotate,
        compromise_key=compromise,
        apply_catalogue=apply_catalogue,
        governance=(governed := governance(world, apply_catalogue, links)),
        notices=notice_services(world, links),
        elsewhere=elsewhere_services(world, sessions, governed.change_grant),
    )


def _housekeeping(world: World, services: Services) -> Housekeeping:
    return Housekeeping(
        world.storage,
        world.current,
        services.status_lists,
        services.rotate_keys,
        world.announcer,
        remove_spent_of(world),
        services.usage.sightings,
        services.usage.record,
        services.publication.notes,
        world.history,
        PauseAbsent(world.storage, world.current),
        usage_kept=world.settings.usage_keep_days * 86_400,
    )


async def _first_start(world: World, rotate_keys: RotateKeys) -> ApplyCatalogue:
    apply_catalogue = ApplyCatalogue(
        world.storage, world.current, randomness=world.randomness, webhooks=webhook_maker(world)
    )
    try:
        await first_start(world.storage, apply_catalogue, rotate_keys, shipped_catalogue(world.settings))
    except VerifyOnly as error:
        log.warning("verify_only", reason=str(error))
    await world.current.reload(world.storage)
    return apply_catalogue
