"""`safeconduct permissions`: who may call which route, read from the route table itself."""

from argparse import Namespace

from service.cli.commands import Commands, add_command
from service.cli.output import output_of, table
from service.domain.principal import CredentialKind
from service.web.routing import Route
from service.wiring.faces import ROUTES

COLUMNS = {
    CredentialKind.NOBODY: "nobody",
    CredentialKind.CLIENT: "client",
    CredentialKind.GATEWAY: "gateway",
    CredentialKind.TOKEN: "token",
    CredentialKind.PLATFORM: "platform",
    CredentialKind.USER: "user",
    CredentialKind.AUDITOR: "auditor",
    CredentialKind.ADMINISTRATOR: "administrator",
}
CHANGERS = frozenset({CredentialKind.USER, CredentialKind.ADMINISTRATOR})
PEOPLE = CHANGERS | {CredentialKind.AUDITOR}


def add_parser(commands: Commands) -> None:
    parser = add_command(
        commands,
        "permissions",
        run,
        help="show who may call which route",
        examples=["safeconduct permissions --md > docs/permissions.md"],
        connects=False,
    )
    parser.add_argument("--md", action="store_true", help="as a Markdown page")


def run(arguments: Namespace) -> int:
    output = output_of(arguments)
    if output.as_json:
        output.json(
            [{"method": route.method, "path": route.path, "callers": callers(route)} for route in shown()]
        )
    elif arguments.md:
        output.value(markdown().rstrip("\n"))
    else:
        rows = table("METHOD", "PATH", *(name.upper() for name in COLUMNS.values()), yields={1})
        for route in shown():
            rows.add_row(route.method, route.path, *marks(route))
        output.answers.print(rows)
    return 0


def shown() -> list[Route]:
    """The routes in their own order, without what every public one has besides (preflight, the copy at the root)."""
    return [route for route in ROUTES if route.method != "OPTIONS" and not route.root]


def callers(route: Route) -> list[str]:
    """Who may call it, in words: an administrator may do what a user may, an auditor what anybody signed in may."""
    people = {CredentialKind.SESSION: PEOPLE, CredentialKind.USER: CHANGERS}
    taken = route.callers.union(*(people.get(kind, frozenset()) for kind in route.callers))
    return [name for kind, name in COLUMNS.items() if kind in taken]


def marks(route: Route) -> list[str]:
    taken = callers(route)
    return ["yes" if name in taken else "" for name in COLUMNS.values()]


def markdown() -> str:
    """`docs/permissions.md`, whole."""
    lines = [
        "# Who may call what",
        "",
        "Made by `safeconduct permissions --md` from the route table; a test keeps the two equal.",
        "A route that declares nobody stops the start of the service.",
        "*c*: asks for a fresh confirmation of the password, as the policy says.",
        "",
        f"| route | {' | '.join(COLUMNS.values())} | |",
        f"|---|{'---|' * (len(COLUMNS) + 1)}",
    ]
    for route in shown():
        cells = " | ".join(marks(route))
        lines.append(f"| `{route.method} {route.path}` | {cells} | {'c' if route.confirmed else ''} |")
    return "\n".join(lines) + "\n"
