"""When to come again: Retry-After, and which ceiling it was (draft-ietf-httpapi-ratelimit-headers-10)."""

from collections.abc import Mapping

from safeconduct.errors import SafeconductError

from service.domain.errors import Busy, Quota


def wait_headers(error: SafeconductError, seconds: int) -> Mapping[str, str]:
    """Said with a refusal alone, where nothing is left: so nobody reads from it how often somebody else came."""
    headers = {"Retry-After": str(seconds)}
    if isinstance(error, Busy) and error.quota is not None:
        headers["RateLimit-Policy"] = _policy(error.quota)
        headers["RateLimit"] = f'"{error.quota.name}";r=0;t={seconds}'
    return headers


def _policy(quota: Quota) -> str:
    window = "" if quota.window is None else f";w={quota.window}"
    return f'"{quota.name}";q={quota.limit}{window}'
