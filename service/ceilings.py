"""The settings as the rules that the domain knows."""

from service.domain.scan import ScanRules
from service.domain.throttle import ThrottleRules
from service.settings import Settings


def throttle_rules(settings: Settings) -> ThrottleRules:
    return ThrottleRules(
        free_failures=settings.sign_in_free_failures,
        longest_delay=settings.sign_in_longest_delay,
        account_failures=settings.sign_in_account_failures,
        account_memory=settings.sign_in_account_memory,
        address_failures=settings.sign_in_address_failures,
        address_window=settings.sign_in_address_window,
    )


def scan_rules(settings: Settings) -> ScanRules:
    return ScanRules(
        inactive_per_second=settings.inactive_answers_per_second,
        inactive=settings.scan_inactive_answers,
        percent=settings.scan_inactive_percent,
        refusal=settings.scan_refusal,
    )
