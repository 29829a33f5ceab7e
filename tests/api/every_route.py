"""Every route of the API, called by somebody whom it takes."""

from dataclasses import dataclass, field
from itertools import count

from yarl import URL

from service.domain.principal import CredentialKind
from service.domain.user import Role
from service.web.routing import Route
from tests.api.api_fixtures import Api, Person, Reply
from tests.api.oauth_fixtures import basic

KIND = CredentialKind
STREAM = "text/event-stream"
_NUMBERS = count()


def named(route: Route) -> str:
    return f"{route.method} {route.path}{' at the root' if route.root else ''}"


@dataclass
class Callers:
    """One of each kind, made anew when a call has ended them. `ids` are of things that are there."""

    api: Api
    root: Person | None = None
    ann: Person | None = None
    token: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    async def settle(self) -> None:
        """Whoever cannot sign in any more has a successor."""
        me = "/v1/me"
        if self.root is None or (await self.api.call("GET", me, by=self.root)).status != 200:
            self.root = await self.api.person(f"root {next(_NUMBERS)}", role=Role.ADMINISTRATOR)
        self_path = "/v1/personal-access-tokens/self"
        ends = [await self.api.call("GET", me, by=self.ann)] if self.ann else []
        ends += [await self.api.call("GET", self_path, bearer=self.token)] if self.token else []
        if self.ann is None or [end.status for end in ends] != [
            200,
            200,
        ]:  # together: one person may make so many tokens an hour
            self.ann = await self.api.person(f"ann {next(_NUMBERS)}")
            made = await self.api.create(self.ann)
            self.token, self.ids["token"] = made["token"], made["id"]
        self.ids["user"] = (await self.api.call("GET", me, by=self.ann)).document["id"]

    def headers(self, route: Route) -> dict[str, str]:
        """The credential of the least that the route takes."""
        client = basic(self.api.authority.client.id, self.api.authority.secret).partition(": ")[2]
        bearer = {"Authorization": f"Bearer {self.token}"}
        shown = {
            KIND.NOBODY: {},
            KIND.USER: self.ann.headers,
            KIND.SESSION: self.ann.headers,
            KIND.AUDITOR: self.root.headers,
            KIND.ADMINISTRATOR: self.root.headers,
            KIND.TOKEN: bearer,
            KIND.CLIENT: {"Authorization": client},
            KIND.GATEWAY: {**bearer, "X-Gateway-Authorization": client},
        }
        return next(headers for kind, headers in shown.items() if kind in route.callers)

    async def call(
        self,
        route: Route,
        *,
        path: str | None = None,
        query: str = "",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One call of `route`, at `path` as it stands; of a stream the head alone."""
        authority = self.api.authority
        below = path or route.path
        whole = below + authority.path if route.root else authority.path + below
        url = URL(f"http://127.0.0.1:{authority.port}{whole}{query}", encoded=True)
        sent = {**self.headers(route), **(headers or {})}
        async with self.api.http.request(
            route.method, url, data=body, headers=sent, allow_redirects=False
        ) as response:
            stream = response.content_type == STREAM
            return Reply(response.status, response.headers, b"" if stream else await response.read())
