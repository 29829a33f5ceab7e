"""What is remembered of the uses of tokens."""

from service.application.address_rates import AddressRates
from service.application.check_token import CheckToken
from service.application.recognition import RecogniseToken
from service.application.record_uses import RecordUses
from service.application.report_use import ReportUse
from service.application.sightings import Sightings
from service.application.uses import ListRefusals, UsedScopes
from service.domain.usage import Recorded
from service.web.services import Usage
from service.wiring.world import World

CHECKS_PER_MINUTE = 10


def usage_of(world: World, recognise: RecogniseToken) -> Usage:
    settings, clock = world.settings, world.clock
    recorded = Recorded(settings.usage_record)
    sightings = Sightings(clock, recorded)
    return Usage(
        sightings=sightings,
        record=RecordUses(world.storage, sightings, recorded),
        report=ReportUse(world.current, sightings, oldest=settings.usage_report_max_age, clock=clock),
        refusals=ListRefusals(world.storage),
        used_scopes=UsedScopes(world.storage, world.current),
        check=CheckToken(world.storage, recognise, AddressRates(per_minute=CHECKS_PER_MINUTE, clock=clock)),
    )
