"""`safeconduct users contact`: how somebody is written to."""

from argparse import Namespace

from service.cli.accounts import USERS, find_account
from service.cli.commands import Commands, add_command
from service.cli.output import facts, output_of, printable
from service.cli.signed_in import SignedIn
from service.domain.contact import LANGUAGES


def add_contact(group: Commands) -> None:
    contact = add_command(
        group,
        "contact",
        run_contact,
        help="show how somebody is written to, or change it",
        more="Whoever had the address before is told there that it was changed.",
        examples=[
            "safeconduct users contact ann",
            "safeconduct users contact ann --email ann@example.com --language de",
        ],
    )
    contact.add_argument("user", metavar="NAME-OR-ID")
    contact.add_argument("--email", metavar="ADDRESS", help="their address; '' takes it away")
    contact.add_argument("--language", choices=LANGUAGES, help="of mails to them")


def run_contact(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    user_id, name = find_account(service, arguments.user)
    asked = {key: getattr(arguments, key) for key in ("email", "language")}
    body = {key: value for key, value in asked.items() if value is not None}
    path = f"{USERS}/{user_id}/contact"
    contact = service.ask("PATCH", path, body).body if body else service.ask("GET", path).body
    if output.as_json:
        output.json({"id": user_id, **contact})
        return 0
    reminders = "yes" if contact["reminders"] else "no"
    rows = [
        ("name", printable(name)),
        ("e-mail", printable(contact["email"] or "none")),
        ("language", contact["language"]),
        ("reminders", reminders),
    ]
    output.answers.print(facts(rows))
    return 0
