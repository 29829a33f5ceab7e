"""What every use case is built from."""

from dataclasses import dataclass

from keys import MasterKeys
from service.application.current import Current
from service.application.history import History
from service.application.passwords import Passwords
from service.application.ports import Storage
from service.application.publication_ports import Announcer
from service.clock import Clock
from service.domain.identifiers import Randomness
from service.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    settings: Settings
    clock: Clock
    storage: Storage
    announcer: Announcer
    passwords: Passwords
    masters: MasterKeys | None
    randomness: Randomness
    current: Current
    history: History
    hash_key: bytes | None
