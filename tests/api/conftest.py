from tests.api.oauth_fixtures import authority  # noqa: F401 - a fixture
