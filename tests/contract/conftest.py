from tests.api.api_fixtures import ann, api, postgres_api  # noqa: F401 - fixtures
from tests.api.oauth_fixtures import authority  # noqa: F401 - a fixture
