"""Every setting, read once from the environment; all faults are reported together.

Each field's variable is `SAFECONDUCT_` + its name in capitals. Times are seconds.
"""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, get_type_hints
from urllib.parse import urlsplit

from safeconduct.policy import STATUS_LIST_LIFETIME

from keys import ALGORITHMS, ImpossibleTimings, RotationPolicy
from service.elsewhere_file import elsewhere_faults
from service.outward_settings import OutwardSettings
from service.setting_values import issuer_faults, network_faults, read_value

PREFIX = "SAFECONDUCT_"
LONGEST_POLL_MS = 30_000  # half of the age at which a reader of Redis or the stream believes nothing any more


class SettingsInvalid(Exception):
    """The configuration cannot work. `faults` names every reason, one line each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(OutwardSettings):
    """How this process runs. The defaults serve one machine with nothing set."""

    issuer: str = "http://localhost:8080"
    host: str = "127.0.0.1"
    port: int = 8080
    data_dir: Path = Path("data")
    database_url: str = ""  # sqlite in data_dir when empty
    master_key: str = ""  # from the environment, or from master_key_file
    master_key_file: str = ""  # data_dir/master.key when empty and the database is SQLite
    catalogue_file: str = ""  # applied at the first start; the shipped one when empty

    algorithm: str = "ES256"
    rotation_period: int = 90 * 86_400
    prepublication: int = 24 * 3_600

    bearer_session_lifetime: int = 3_600
    cookie_session_lifetime: int = 12 * 3_600
    cookie_session_idle: int = 1_800
    invitation_lifetime: int = 900

    live_children_per_token: int = 20  # made by a token with the scope personal_access_tokens
    access_token_lifetime: int = 900  # of client_credentials; no more than any verifier takes without status
    access_tokens_per_minute: int = 60  # per client, by client_credentials

    status_list_ttl: int = 60
    status_list_lifetime: int = 900
    status_list_tick: int = 30
    status_list_max_age: int = 10
    aggregate_status_lists: bool = True
    status_list_retention: int = 86_400  # a full list is gone so long after the exp of its last value
    expired_value_retention: int = 90 * 86_400  # of full lists
    status_change_retention: int = 400 * 86_400  # what receipts of revocations are made of

    redis_url: str = ""  # publishes to Redis when set
    revocation_stream_public: bool = True
    revocation_streams: int = 1_000  # per process, half of them for clients that authenticate
    revocation_streams_per_address: int = 20  # without authentication
    revocation_stream_heartbeat: int = 5
    revocation_poll_ms: int = 250  # until a revocation by another process is pushed of which no news came

    max_body: int = 65_536
    body_timeout: int = 10
    keepalive_timeout: int = 15
    connections_at_once: int = 1_000
    connections_per_address: int = 50  # not of trusted proxies and this machine
    shutdown_timeout: int = 30
    password_hashes_at_once: int = 2
    password_queue: int = 16
    sign_in_free_failures: int = 5  # per name and network
    sign_in_longest_delay: int = 900
    sign_in_account_failures: int = 100  # in a row, then only known devices and addresses may try
    sign_in_account_memory: int = 30 * 86_400
    sign_in_address_failures: int = 30  # per sign_in_address_window
    sign_in_address_window: int = 300
    known_device_lifetime: int = 90 * 86_400
    anonymous_requests_per_minute: int = 20  # per address and route
    inactive_answers_per_second: int = 200  # per client
    scan_inactive_answers: int = 50  # per client and minute
    scan_inactive_percent: int = 90
    scan_refusal: int = 60
    usage_record: str = "full"  # full, time+network, time, nothing
    usage_keep_days: int = 90  # of all but the time of the last use, which stays
    usage_report_max_age: int = 86_400
    sso_file: str = ""  # identity providers to sign in through, platforms whose tokens are credentials
    leak_keys_file: str = ""  # GitHub's public keys, as it publishes them for partners
    gateway_bind: str = ""  # host:port of a listener of its own, which only a gateway reaches (threats 13)
    trusted_proxies: tuple[str, ...] = ()
    brand_name: str = "Safeconduct"
    brand_logo: str = ""  # a file: svg, png or webp
    brand_accent: str = ""  # #rrggbb
    support_link: str = ""
    pages_mode: str = "full"  # full, or simple: the one-button page alone
    metrics_token: str = ""
    log_format: str = "auto"  # auto, json, console
    log_level: str = "info"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read the settings; unknown SAFECONDUCT_ variables are faults as well.

        Raises:
            SettingsInvalid: with every fault at once.
        """
        faults: list[str] = []
        values: dict[str, Any] = {}
        hints = get_type_hints(cls)
        names = {PREFIX + field.name.upper(): field.name for field in dataclasses.fields(cls)}
        for variable, text in sorted(env.items()):
            if not variable.startswith(PREFIX) or variable in CLIENT_VARIABLES:
                continue
            if (name := names.get(variable)) is None:
                faults.append(f"{variable}: no such setting")
                continue
            try:
                values[name] = read_value(hints[name], text)
            except ValueError as error:
                faults.append(f"{variable}: {error}")
        settings = cls(**values)
        faults += settings.faults()
        if faults:
            raise SettingsInvalid(faults)
        return settings

    def faults(self) -> list[str]:
        """Everything about these settings that cannot work together."""
        return [
            *(f"{PREFIX}ISSUER: {fault}" for fault in issuer_faults(self.issuer)),
            *self._choice_faults(),
            *self._brand_faults(),
            *(f"{PREFIX}{fault}" for fault in self.outward_faults()),
            *self._timing_faults(),
            *(f"{PREFIX}SSO_FILE: {it}" for it in elsewhere_faults(self.sso_file, self.issuer)),
        ]

    def _choice_faults(self) -> list[str]:
        choices = {
            "ALGORITHM": (self.algorithm, tuple(ALGORITHMS)),
            "USAGE_RECORD": (self.usage_record, ("full", "time+network", "time", "nothing")),
            "LOG_FORMAT": (self.log_format, ("auto", "json", "console")),
            "LOG_LEVEL": (self.log_level, ("debug", "info", "warning", "error")),
            "PAGES_MODE": (self.pages_mode, ("full", "simple")),
        }
        faults = [
            f"{PREFIX}{name}: {value!r} is none of {', '.join(allowed)}"
            for name, (value, allowed) in choices.items()
            if value not in allowed
        ]
        if not self.effective_database_url.startswith(("sqlite:///", "postgresql://", "postgres://")):
            faults.append(f"{PREFIX}DATABASE_URL: must begin with sqlite:/// or postgresql://")
        if self.redis_url and not self.redis_url.startswith(("redis://", "rediss://", "unix://")):
            faults.append(f"{PREFIX}REDIS_URL: must begin with redis://, rediss:// or unix://")
        if not 1 <= self.port <= 65_535:
            faults.append(f"{PREFIX}PORT: {self.port} is no port")
        if self.scan_inactive_percent > 100:
            faults.append(f"{PREFIX}SCAN_INACTIVE_PERCENT: {self.scan_inactive_percent} is no percentage")
        if self.gateway_bind and self.gateway_address is None:
            faults.append(f"{PREFIX}GATEWAY_BIND: {self.gateway_bind!r} is no host:port")
        faults += [f"{PREFIX}{fault}" for fault in network_faults("TRUSTED_PROXIES", self.trusted_proxies)]
        return faults

    def _brand_faults(self) -> list[str]:
        """What would break the pages at start, or put something else than a link on them."""
        faults = []
        if self.brand_accent and not re.fullmatch("#[0-9a-fA-F]{6}", self.brand_accent):
            faults.append(f"{PREFIX}BRAND_ACCENT: {self.brand_accent!r} is no colour like #0f6a67")
        if self.brand_logo and Path(self.brand_logo).suffix.lower() not in {".svg", ".png", ".webp"}:
            faults.append(f"{PREFIX}BRAND_LOGO: {self.brand_logo!r} is no svg, png or webp")
        elif self.brand_logo and not Path(self.brand_logo).is_file():
            faults.append(f"{PREFIX}BRAND_LOGO: there is no file {self.brand_logo!r}")
        if self.support_link and not self.support_link.startswith(("https://", "mailto:")):
            faults.append(f"{PREFIX}SUPPORT_LINK: must begin with https:// or mailto:")
        return faults

    def _timing_faults(self) -> list[str]:
        faults = [
            f"{PREFIX}{field.name.upper()}: must be at least 1"
            for field in dataclasses.fields(self)
            if type(value := getattr(self, field.name)) is int and value < 1
        ]
        if self.access_token_lifetime > (most := min(STATUS_LIST_LIFETIME, self.status_list_lifetime)):
            faults.append(
                f"{PREFIX}ACCESS_TOKEN_LIFETIME: at most {most}, for nobody can revoke such a token offline"
            )
        if self.revocation_poll_ms > LONGEST_POLL_MS:
            faults.append(
                f"{PREFIX}REVOCATION_POLL_MS: at most {LONGEST_POLL_MS}, for what is pushed would look old"
            )
        try:
            dataclasses.replace(self, algorithm=next(iter(ALGORITHMS))).rotation_policy()
        except ImpossibleTimings as error:
            faults += [f"timings: {fault}" for fault in error.faults]
        return faults

    def rotation_policy(self) -> RotationPolicy:
        """The times by which keys rotate. Raises ImpossibleTimings, naming all faults."""
        return RotationPolicy(
            algorithm=self.algorithm,
            rotation_period=self.rotation_period,
            prepublication=self.prepublication,
            status_list_ttl=self.status_list_ttl,
            status_list_exp=self.status_list_lifetime,
            status_list_resign_interval=self.status_list_tick,
        )

    @property
    def effective_database_url(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'safeconduct.db'}"

    @property
    def gateway_address(self) -> tuple[str, int] | None:
        """Where the gateway's own listener is, if there is one."""
        host, _, port = self.gateway_bind.rpartition(":")
        known = host and port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535
        return (host.strip("[]"), int(port)) if known else None

    @property
    def uses_sqlite(self) -> bool:
        return self.effective_database_url.startswith("sqlite:")

    @property
    def issuer_path(self) -> str:
        """The issuer's path, under which every route lies; empty for a bare host."""
        return urlsplit(self.issuer).path.rstrip("/")

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https, so that cookies may demand it."""
        return self.issuer.startswith("https://")


CLIENT_VARIABLES = frozenset({"SAFECONDUCT_URL", "SAFECONDUCT_SESSION_FILE"})
"""Variables of the command line's HTTP side, which the service does not read."""
