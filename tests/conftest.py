import hypothesis
import pytest

from tests.clock import TurnableClock

pytest_plugins = ["tests.servers.fixtures", "tests.ui.chromium", "tests.consumers.seen"]

# Examples are random in every run, and a failure prints the blob that repeats it.
# No deadline: a shared machine stalls now and then.
_SHIPPED = hypothesis.settings.get_profile("default")
_PATIENT = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "ci", _SHIPPED, deadline=None, print_blob=True, derandomize=False, suppress_health_check=_PATIENT
)
hypothesis.settings.register_profile("nightly", hypothesis.settings.get_profile("ci"), max_examples=5_000)
hypothesis.settings.load_profile("ci")  # --hypothesis-profile=nightly overrides it


@pytest.fixture
def clock() -> TurnableClock:
    return TurnableClock()
