"""A GraphQL API like Speckle's, with graphql-core: each field asks for its scope, and for its owner's right.

ISSUER, PORT and PROFILES (JSON: user id → {"name", "public", "guest"}) come from the environment. Streams live in
memory. A token does what its scopes cover and its owner may do: whichever is less. With CLIENT_ID and CLIENT_SECRET it
reports each use, so that the owner's page shows which script would break.
"""

import json
import os
import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web
from graphql import GraphQLError, GraphQLResolveInfo, build_schema, graphql_sync
from safeconduct import Claims, Verifier
from safeconduct.adapters.aiohttp import CLAIMS, middleware
from safeconduct.usage import UsageReports

ISSUER = os.environ["ISSUER"]
PROFILES = json.loads(os.environ.get("PROFILES", "{}"))
READS, WRITES, OWNS = "stream:reviewer", "stream:contributor", "stream:owner"
STREAMS: dict[str, dict[str, Any]] = {}

SCHEMA = build_schema("""
    type Query { user(id: String): User  stream(id: String!): Stream }
    type User { id: String!  name: String!  streams: Streams }
    type Streams { totalCount: Int!  items: [Stream!]! }
    type Stream { id: String!  name: String!  commits: [String!]! }
    type Mutation {
        streamCreate(name: String!): String!
        streamGrantPermission(streamId: String!, userId: String!, role: String!): Boolean!
        commitCreate(streamId: String!, message: String!): String!
    }
""")

reports = None
if "CLIENT_ID" in os.environ:
    every = float(os.environ.get("REPORT_EVERY", "10"))  # seconds
    reports = UsageReports(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"], every=every)
verifier = Verifier(ISSUER, f"{ISSUER}/graphql", usage=reports)


def needs(scope: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The resolver runs for tokens that hold this scope; it is given their owner's id."""

    def protect(resolver: Callable[..., Any]) -> Callable[..., Any]:
        def protected(_parent: object, info: GraphQLResolveInfo, **arguments: object) -> object:
            claims: Claims = info.context
            if verifier.missing(claims, scope):
                raise refused("insufficient_scope", f"this token lacks the scope {scope}")
            return resolver(claims.sub, **arguments)

        return protected

    return protect


def refused(code: str, message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def stream_of(owner: str, stream_id: str, *roles: str) -> dict[str, Any]:
    """The stream, if its caller has one of these roles there."""
    stream = STREAMS.get(stream_id)
    if stream is None or stream["roles"].get(owner) not in roles:
        raise refused("forbidden", "you have no such right to this stream")
    return stream


@needs("streams:read")
def read_stream(owner: str, id: str) -> dict[str, Any]:  # noqa: A002 - the schema's word
    return stream_of(owner, id, READS, WRITES, OWNS)


@needs("streams:read")
def read_streams(owner: str) -> dict[str, Any]:
    items = [stream for stream in STREAMS.values() if owner in stream["roles"]]
    return {"totalCount": len(items), "items": items}


def read_user(_parent: object, info: GraphQLResolveInfo, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """One's own profile by `profile:read`, others' public ones by `users:read`."""
    claims: Claims = info.context
    own = id in {None, claims.sub}
    if verifier.missing(claims, "profile:read" if own else "users:read"):
        raise refused("insufficient_scope", f"this token lacks {'profile:read' if own else 'users:read'}")
    profile = PROFILES.get(id or claims.sub)
    if profile is None or not (own or profile["public"]):
        raise refused("forbidden", "no public profile")
    return {"id": id or claims.sub, "name": profile["name"], "streams": read_streams if own else None}


@needs("streams:write")
def create_stream(owner: str, name: str) -> str:
    if PROFILES.get(owner, {}).get("guest"):
        raise refused("forbidden", "guests make no streams")
    stream_id = secrets.token_hex(5)
    STREAMS[stream_id] = {"id": stream_id, "name": name, "roles": {owner: OWNS}, "commits": []}
    return stream_id


@needs("streams:write")
def share_stream(owner: str, *, streamId: str, userId: str, role: str) -> bool:  # noqa: N803 - the schema's words
    stream_of(owner, streamId, OWNS)["roles"][userId] = role
    return True


@needs("streams:write")
def create_commit(owner: str, *, streamId: str, message: str) -> str:  # noqa: N803 - the schema's words
    commits = stream_of(owner, streamId, WRITES, OWNS)["commits"]
    commits.append(message)
    return str(len(commits))


RESOLVERS = {
    "Query": {"user": read_user, "stream": read_stream},
    "User": {"streams": lambda user, info: user["streams"] and user["streams"](user, info)},
    "Mutation": {
        "streamCreate": create_stream,
        "streamGrantPermission": share_stream,
        "commitCreate": create_commit,
    },
}
for type_name, fields in RESOLVERS.items():
    for field, resolver in fields.items():
        SCHEMA.type_map[type_name].fields[field].resolve = resolver  # type: ignore[attr-defined]


async def execute(request: web.Request) -> web.Response:
    asked = await request.json()
    result = graphql_sync(
        SCHEMA, asked["query"], variable_values=asked.get("variables"), context_value=request[CLAIMS]
    )
    return web.json_response(result.formatted)


app = web.Application(middlewares=[middleware(verifier, public=["/health"])])
app.router.add_post("/graphql", execute)
app.router.add_get("/health", lambda _: web.Response(text="up"))

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8090")))
