"""Changes ask for the password again, as the policy says (RFC 9470)."""

from service.domain.errors import ConfirmationNeeded
from service.domain.platform_token import FRESH
from service.domain.principal import SignedIn
from service.domain.session import Carrier
from service.web.services import Services

EVERY_WITHIN = 60
"""Seconds for which a confirmation is good under `confirm = "every"`, for one change."""


async def demand_confirmation(services: Services, who: SignedIn) -> None:
    """Let a change pass whose session was confirmed lately enough.

    Under `every` the confirmation is used up, also by a change that then fails: two changes never share one.

    Raises:
        ConfirmationNeeded: `max_age` says how fresh it must be.
    """
    if who.session.carrier is Carrier.PLATFORM:
        await _demand_of_platform(services, who)
        return
    match services.current.catalogue.policy.of(who.user).confirm:
        case "sign-in":
            return
        case "every":
            window, good = EVERY_WITHIN, await services.sessions.use_confirmation(who, EVERY_WITHIN)
        case seconds:
            window, good = seconds, who.confirmed_within(seconds)
    if not good:
        raise ConfirmationNeeded(window)


async def _demand_of_platform(services: Services, who: SignedIn) -> None:
    """By the `auth_time` of a platform's token alone, and never by one older than FRESH (threats 14)."""
    match services.current.catalogue.policy.of(who.user).confirm:
        case "sign-in":
            window, good = FRESH, True
        case "every":
            window = EVERY_WITHIN
            good = await services.elsewhere.platform.use_confirmation(who, window)
        case seconds:
            window = min(seconds, FRESH)
            good = who.confirmed_within(window)
    if not good:
        raise ConfirmationNeeded(window)
