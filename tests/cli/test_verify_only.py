"""Every command under a wrong master key: what signs is refused in words, what is left works, no key is touched."""

import argparse
import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from keys import new_master_key_text
from service.cli import _parser
from tests.cli.command import Safeconduct
from tests.cli.conftest import first_administrator, serving
from tests.servers.leash import Leash
from tests.servers.process import free_port, private_folder

SEALED = ("signing_key", "sealed_secret")
EMBED = "--note n --scope embed --days 5"
STOPPED: dict[str, tuple[str, int]] = {"migrate": ("", 0), "recover": ("--dry-run", 0)}
"""What is asked while the service is down, and the exit code."""
SERVED: dict[str, tuple[str, int]] = {
    "doctor": ("", 1),
    "apply": ("catalogue.toml --yes", 0),
    "whoami": ("", 0),
    "tokens create": (EMBED, 1),
    "tokens list": ("", 0),
    "tokens show": ("{token}", 0),
    "tokens refusals": ("{token}", 0),
    "tokens check": ("", 0),
    "tokens edit": ("{token} --note other", 0),
    "tokens regenerate": ("{token} --days 5", 1),
    "inventory list": ("", 0),
    "inventory pause": ("{token}", 0),
    "inventory resume": ("{token}", 0),
    "users list": ("", 0),
    "users show": ("ann", 0),
    "users create": ("other --link-file other.link", 0),
    "users role": ("bobby auditor", 0),
    "users grant": ("bobby --all --yes", 0),
    "machines create": ("second --responsible ann", 0),
    "machines list": ("", 0),
    "machines responsible": ("{machine} ann", 0),
    "machines token": ("{machine} " + EMBED, 1),
    "clients create": ("reports --audience {audience}", 0),
    "clients list": ("", 0),
    "clients show": ("{client}", 0),
    "clients rotate": ("{client}", 0),
    "clients keys": ("{client} jwks.json", 0),
    "clients disable": ("{client} --yes", 0),
    "keys list": ("", 0),
    "keys export": ("--pem", 0),
    "keys rotate": ("", 1),
    "keys compromise": ("--reason r --yes -- {kid}", 1),
    "webhooks create": ("second https://hooks.example.com/x", 1),
    "webhooks rotate": ("first", 1),
    "webhooks list": ("", 0),
    "webhooks change": ("first https://hooks.example.com/y", 0),
    "webhooks test": ("first", 0),
    "webhooks deliveries": ("first", 0),
    "webhooks remove": ("first --yes", 0),
    "mail test": ("ann@example.com", 2),
    "users contact": ("bobby --language de", 0),
    "users reset-factors": ("bobby --yes", 0),
    "permissions": ("", 0),
    "leaks pattern": ("", 0),
    "users disable": ("bobby --yes", 0),
    "users enable": ("bobby", 0),
    "machines disable": ("{machine} --yes", 0),
    "inventory revoke": ("{token} --reason r --yes", 0),
    "tokens revoke": ("{own} --yes", 0),
    "logout": ("", 0),
}
"""What is asked of the service; in this order, because some end what others look at."""
ELSEWHERE = {"serve", "login", "users accept-link", "machines regenerate"}
"""`serve` is what runs; the two that read secrets are how the test came in; a machine has no token yet."""
CANNOT_SIGN = {"(cannot_sign)", "(master_key_mismatch)"}
SIGNING = {command for command, (_, code) in SERVED.items() if code == 1 and command != "doctor"}


def _things(ann: Safeconduct, folder: Path) -> dict[str, str]:
    """One of each kind, by the name that the commands above give it."""
    create = ("tokens", "create", "--note", "n", "--scope", "embed")
    token, own = ann.json(*create), ann.json(*create)
    ann.json("users", "create", "bobby")
    ann.json("webhooks", "create", "first", "https://hooks.example.com/")
    machine = ann.json("machines", "create", "robot", "--responsible", "ann")
    client = ann.json("clients", "create", "gateway", "--audience", f"{ann.env['SAFECONDUCT_URL']}/api")
    kid = ann.json("keys", "list")[0]["kid"]
    jwks = ann.json("keys", "export")
    jwks["keys"] = [
        {name: key[name] for name in ("kty", "crv", "x", "y", "kid", "use", "alg")} for key in jwks["keys"]
    ]
    (folder / "jwks.json").write_text(json.dumps(jwks))
    return {
        "token": token["id"],
        "value": token["token"],
        "own": own["id"],
        "machine": machine["id"],
        "client": client["id"],
        "kid": kid,
        "audience": f"{ann.env['SAFECONDUCT_URL']}/api",
    }


def _leaves(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[str]:
    """Every command there is, groups by their members."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield " ".join(words)
    for group in groups:
        for name, below in group.choices.items():
            yield from _leaves(below, (*words, name))


def _sealed(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows that a master key seals, byte for byte."""
    with closing(sqlite3.connect(folder / "data" / "safeconduct.db")) as database:
        return {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in SEALED}


def test_every_command_has_its_row() -> None:
    """A new command says here what it does where nothing can be signed."""
    assert set(_leaves(_parser([]))) == set(STOPPED) | set(SERVED) | ELSEWHERE


def test_every_command_ends_in_words_under_a_wrong_master_key(leash: Leash) -> None:
    """R31: signing is refused with its code, everything else works, and what is sealed stays bit for bit (F35)."""
    port = free_port()
    with private_folder("service", leash) as folder:
        with serving(leash, folder, port) as url:
            ann = first_administrator(folder, url)
            things = _things(ann, folder)
        (folder / "data" / "master.key").write_text(new_master_key_text())
        before = _sealed(folder)
        beside = Safeconduct(folder, {**ann.env, "SAFECONDUCT_ISSUER": url})

        ran = {command: _run(beside, command, things) for command in STOPPED}
        with serving(leash, folder, port, until="/livez"):
            ran |= {command: _run(beside, command, things) for command in SERVED}
        after = _sealed(folder)

    assert {command: each.returncode for command, each in ran.items()} == {
        command: code for command, (_, code) in (STOPPED | SERVED).items()
    }, [each.stderr for each in ran.values() if each.returncode]
    assert {command for command in SIGNING if CANNOT_SIGN & set(ran[command].stderr.split())} == SIGNING
    assert not any("Traceback" in each.stdout + each.stderr for each in ran.values())
    assert after == before


def _run(ann: Safeconduct, command: str, things: dict[str, str]) -> subprocess.CompletedProcess[str]:
    arguments, _ = (STOPPED | SERVED)[command]
    return ann.run(*command.split(), *arguments.format(**things).split(), lines=(things["value"],))
