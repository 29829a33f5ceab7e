"""`safeconduct keys`: what signs, what verifies, and the drill for a key that leaked."""

from argparse import Namespace
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rich.text import Text
from safeconduct import KeySet

from service.cli.commands import Commands, add_command, add_group
from service.cli.failures import CommandFailed
from service.cli.output import Output, output_of, plural, printable, table
from service.cli.prompts import agree
from service.cli.signed_in import SignedIn, service_of
from service.cli.times import minute

KEYS = "/v1/admin/keys"
JWKS = "/.well-known/jwks.json"
PURPOSES = ("access_token", "status_list")
SHORTEST = 6
COLOURS = {"active": "green", "next": "cyan", "retired": "yellow", "removed": "dim", "compromised": "red"}
SINCE = {"next": "created_at", "active": "activated_at"}


def add_parser(commands: Commands) -> None:
    group = add_group(commands, "keys", help="list and rotate the issuer's keys; end one that leaked")
    add_command(
        group,
        "list",
        run_list,
        help="list every key there ever was",
        examples=["safeconduct keys list --json"],
    )
    rotate = add_command(
        group,
        "rotate",
        run_rotate,
        help="let the next key sign from now on",
        more="Tokens signed so far stay valid. It is refused while verifiers may not know the next key.",
        examples=["safeconduct keys rotate --purpose status_list"],
    )
    rotate.add_argument("--purpose", choices=PURPOSES, default=PURPOSES[0], help="(default: %(default)s)")
    _add_compromise(group)
    _add_export(group)


def _add_compromise(group: Commands) -> None:
    compromise = add_command(
        group,
        "compromise",
        run_compromise,
        help="end a key that leaked and every token that it signed, for good",
        more="The next key signs at once. A KID that begins with - goes last, after --.",
        examples=[
            'safeconduct keys compromise x9Kd2f --reason "found in a backup" --dry-run',
            'safeconduct keys compromise --reason "found in a backup" -- -Pv3xQ',
        ],
    )
    compromise.add_argument(
        "kid", metavar="KID", help=f"the key, or its first characters (at least {SHORTEST})"
    )
    compromise.add_argument("--reason", metavar="R", required=True, help="why, for the audit")
    compromise.add_argument(
        "--dry-run", action="store_true", help="only say how many values would be revoked"
    )
    compromise.add_argument("--yes", action="store_true", help="do not ask")


def _add_export(group: Commands) -> None:
    export = add_command(
        group,
        "export",
        run_export,
        help="print the published public keys, for gateways that read no JWKS",
        more="Without --pem they are printed as a JWKS. Fetch them again at least daily: keys rotate.",
        examples=["safeconduct keys export --pem > keys.pem"],
    )
    export.add_argument("kid", metavar="KID", nargs="?", help="only this one, or those that begin so")
    export.add_argument(
        "--pem", action="store_true", help="one PEM block a key, after a comment with its kid"
    )
    export.add_argument(
        "--purpose", choices=(*PURPOSES, "all"), default=PURPOSES[0], help="(default: %(default)s)"
    )


def run_list(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    keys = service.ask("GET", KEYS).body
    if output.as_json:
        output.json(keys)
        return 0
    rows = table("KID", "PURPOSE", "ALG", "STATE", "SINCE (UTC)", "LIVE", yields={0})
    rows.columns[0].overflow, rows.columns[-1].justify = "ellipsis", "right"
    for key in keys:
        state = str(key["state"])
        rows.add_row(
            printable(key["kid"]),
            printable(key["purpose"]),
            printable(key["algorithm"]),
            Text(printable(state), style=COLOURS.get(state, "")),
            minute(key[SINCE.get(state, f"{state}_at")]),
            str(key["live_tokens"]),
        )
    output.answers.print(rows)
    return 0


def run_rotate(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    _show(output, service.ask("POST", f"{KEYS}/rotate", {"purpose": arguments.purpose}).body)
    return 0


def run_compromise(arguments: Namespace) -> int:
    output, service = output_of(arguments), SignedIn(arguments)
    kid = _find(service, arguments.kid)
    path, body = f"{KEYS}/{kid}/compromise", {"reason": arguments.reason}
    if arguments.dry_run or not arguments.yes:
        preview = service.ask("POST", path, body | {"dry_run": True}).body
        if arguments.dry_run:
            _show(output, preview, would=True)
            return 0
        agree(
            f"End key {kid} and revoke the {plural(preview['revoked_values'], 'live value')} that it signed, for good?"
        )
    _show(output, service.ask("POST", path, body | {"dry_run": False}).body)
    return 0


def run_export(arguments: Namespace) -> int:
    output = output_of(arguments)
    document = service_of(arguments).ask("GET", JWKS).body
    chosen = [key for key in KeySet.from_document(document) if arguments.purpose in {"all", key.purpose}]
    if arguments.kid:
        chosen = [key for key in chosen if key.kid.startswith(arguments.kid)]
    if not chosen:
        raise CommandFailed("no such key is published")
    if not arguments.pem:
        kids = {key.kid for key in chosen}
        output.json({**document, "keys": [key for key in document["keys"] if key["kid"] in kids]})
        return 0
    for key in chosen:
        output.answers.print(f"# {key.kid} {key.alg} {key.purpose}", soft_wrap=True)
        pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        output.answers.print(pem.decode("ascii").strip(), soft_wrap=True)
    return 0


def _find(service: SignedIn, written: str) -> str:
    """The kid that begins so. Raises CommandFailed where none or several do."""
    known = [str(key["kid"]) for key in service.ask("GET", KEYS).body]
    found = [kid for kid in known if kid == written or (len(written) >= SHORTEST and kid.startswith(written))]
    if len(found) != 1:
        raise CommandFailed(f"{'no key' if not found else 'more than one key'} begins with {written}")
    return found[0]


def _show(output: Output, changed: dict[str, Any], *, would: bool = False) -> None:
    if output.as_json:
        output.json(changed)
        return
    for change in changed["changes"]:
        output.answers.print(f"{printable(change['step']):16} {printable(change['kid'])}", soft_wrap=True)
    _show_damage(output, changed)
    if would:
        output.answers.print(f"{plural(changed['revoked_values'], 'live value')} would be revoked")
    elif changed["revoked_values"]:
        output.answers.print(f"{plural(changed['revoked_values'], 'live value')} revoked")


def _show_damage(output: Output, changed: dict[str, Any]) -> None:
    """Who is hit, and which APIs: the people to call."""
    for title, hit, name in (("OWNER", "owners", "name"), ("API", "audiences", "id")):
        if not changed.get(hit):
            continue
        rows = table(title, "TOKENS", yields={0})
        rows.columns[-1].justify = "right"
        for each in changed[hit]:
            rows.add_row(printable(each[name]), str(each["tokens"]))
        output.answers.print(rows)
