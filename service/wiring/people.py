"""Who signs in, and how often they may try."""

from service.application.change_password import ChangePassword
from service.application.invitations import Invitations
from service.application.own_sessions import OwnSessions
from service.application.prove_factor import ProveFactor
from service.application.sign_in import SessionLifetimes, Sessions
from service.application.throttle import TryPassword
from service.application.token_summary import CountTokens
from service.ceilings import throttle_rules
from service.domain.usage import Recorded
from service.web.second_factors import SecondFactors
from service.web.services import OwnAccount
from service.wiring.world import World


def people(world: World, factors: SecondFactors) -> tuple[Sessions, Invitations, OwnAccount]:
    settings = world.settings
    lifetimes = SessionLifetimes(
        bearer=settings.bearer_session_lifetime,
        cookie=settings.cookie_session_lifetime,
        cookie_idle=settings.cookie_session_idle,
    )
    try_password = _throttle(world, factors.prove)
    sessions = Sessions(
        world.storage,
        try_password,
        factors.prove,
        randomness=world.randomness,
        lifetimes=lifetimes,
        recorded=Recorded(settings.usage_record),
    )
    invitations = Invitations(
        world.storage,
        sessions,
        world.passwords,
        try_password,
        randomness=world.randomness,
        lifetime=settings.invitation_lifetime,
    )
    own_account = OwnAccount(
        sessions=OwnSessions(world.storage, cookie_idle=settings.cookie_session_idle),
        change_password=ChangePassword(
            world.storage, world.passwords, try_password, randomness=world.randomness
        ),
        token_counts=CountTokens(world.storage),
    )
    return sessions, invitations, own_account


def _throttle(world: World, factors: ProveFactor) -> TryPassword:
    return TryPassword(
        world.storage,
        world.passwords,
        factors,
        throttle_rules(world.settings),
        randomness=world.randomness,
        device_lifetime=world.settings.known_device_lifetime,
    )
