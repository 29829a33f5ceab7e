"""What people and systems are told, and what brings it to them."""

import ipaddress
from collections.abc import Callable
from functools import partial
from pathlib import Path

from service.application.contacts import Contacts
from service.application.invitations import Invitations
from service.application.mailed_links import ForgottenPassword, Links
from service.application.plan_deliveries import PlanDeliveries
from service.application.post import Post
from service.application.remind import Remind
from service.application.send_notices import Carrier, SendNotices
from service.application.webhooks import WebhookMaker, Webhooks
from service.domain.identifiers import Randomness
from service.domain.secret import Secret
from service.outward_settings import password_in, trust_of
from service.sending.guarded import Networks, url_fault
from service.sending.mails import Mails
from service.sending.mime import Stationery
from service.sending.smtp import MailServer
from service.sending.webhooks import Webhooks as WebhookCarrier
from service.settings import PREFIX, Settings, SettingsInvalid
from service.web.notice_services import NoticeServices
from service.wiring.world import World


def links_of(world: World, invitations: Invitations) -> Links:
    settings = world.settings
    return Links(
        invitations,
        world.masters,
        randomness=world.randomness,
        mails=bool(settings.smtp_host),
        lifetime=settings.mailed_link_lifetime,
    )


def notice_services(world: World, links: Links) -> NoticeServices:
    mails = world.settings.smtp_host and world.masters is not None
    return NoticeServices(
        contacts=Contacts(world.storage),
        webhooks=Webhooks(world.storage, webhook_maker(world)),
        forgotten_password=ForgottenPassword(world.storage, links) if mails else None,
    )


def webhook_maker(world: World) -> WebhookMaker:
    judge = partial(url_fault, allowed=_allowed(world.settings))
    return WebhookMaker(world.masters, world.current, judge, randomness=world.randomness)


def post_of(world: World, services: NoticeServices) -> Post:
    """Raises SettingsInvalid: a file that the settings name cannot be read any more."""
    storage, settings = world.storage, world.settings
    carriers: list[Carrier] = [
        WebhookCarrier(
            storage=storage,
            masters=world.masters,
            allowed=_allowed(settings),
            trust=trust_of(settings.trusted_ca_file),
        )
    ]
    if settings.smtp_host:
        paper = stationery_of(settings)
        server = mail_server_of(settings)
        carriers.append(Mails(storage=storage, server=server, paper=paper, masters=world.masters))
    luck = _luck(world.randomness)
    return Post(
        storage,
        PlanDeliveries(storage, mails=bool(settings.smtp_host)),
        Remind(storage),
        services.forgotten_password,
        *(SendNotices(storage, carrier, luck=luck) for carrier in carriers),
    )


def stationery_of(settings: Settings) -> Stationery:
    """What all mails have in common."""
    return Stationery(
        issuer=settings.issuer,
        brand=settings.brand_name,
        sender=settings.smtp_from,
        accent=settings.brand_accent,
    )


def mail_server_of(settings: Settings) -> MailServer:
    """Raises SettingsInvalid: the password cannot be read."""
    try:
        password = (
            Secret(password_in(Path(settings.smtp_password_file))) if settings.smtp_password_file else None
        )
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsInvalid([f"{PREFIX}SMTP_PASSWORD_FILE: {error}"]) from None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        tls=settings.smtp_tls,
        trust=trust_of(settings.trusted_ca_file),
        user=settings.smtp_user,
        password=password,
        own_name=stationery_of(settings).host,
    )


def _allowed(settings: Settings) -> Networks:
    return [ipaddress.ip_network(network) for network in settings.webhook_networks]


def _luck(randomness: Randomness) -> Callable[[], float]:
    return lambda: int.from_bytes(randomness(4)) / 2**32
