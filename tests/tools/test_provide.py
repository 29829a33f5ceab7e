import ast
import re
import stat
from pathlib import Path

import pytest

from tests.tools import debian, pieces
from tests.tools.pieces import PIECES, ROOT, TESTED, Piece, PieceMissingError
from tests.tools.provide import provide
from tests.tools.shell import ProvisionError


def _program(path: Path, says: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(stat.S_IRWXU)


def _required(module: Path) -> set[str]:
    """The pieces that a module of the tests asks for by `require("…")`."""
    calls = [node for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Call)]
    return {ast.literal_eval(call.args[0]) for call in calls if ast.unparse(call.func) == "require"}


def test_make_test_provides_exactly_what_the_tests_require() -> None:
    """A piece that is asked for and not provided is missing on new machines only, where nobody looks."""
    modules = [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)]
    required = set().union(*map(_required, modules))

    assert required == set(TESTED)
    assert set(TESTED) <= set(PIECES)


def test_a_missing_piece_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whoever reads the error knows what to install, and where it was looked for."""
    piece = Piece(name="abacus", title="Abacus", program="abacusd", least=3, folders=("usr/lib/abacus",))
    monkeypatch.setitem(PIECES, "abacus", piece)

    with pytest.raises(
        PieceMissingError, match=r"Abacus 3 or newer \(abacusd\) is missing: looked in PATH, /usr/lib/a"
    ):
        pieces.require("abacus")


def test_a_program_that_does_not_run_tells_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A number in an error message is no version, and the message is what the person needs."""
    _program(tmp_path / "abacusd", "libbeads-16.1.so: not found'; exit 127 #")
    piece = Piece(name="abacus", title="Abacus", program="abacusd", least=3, folders=(str(tmp_path),))
    monkeypatch.setitem(PIECES, "abacus", piece)

    with pytest.raises(PieceMissingError, match=r"abacusd says 'libbeads-16.1.so: not found'"):
        pieces.require("abacus")


def test_no_package_manager_is_an_error_that_names_the_piece(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On a system that is neither Debian nor a Mac one reads what to install, and nothing is skipped."""
    monkeypatch.setenv("PATH", str(tmp_path))
    piece = Piece(name="abacus", title="Abacus", program="abacusd", least=3, folders=())

    with pytest.raises(ProvisionError, match="Abacus 3 or newer"):
        provide([piece])


def test_an_old_program_on_the_path_gives_way_to_a_newer_one_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The first candidate that is new enough and has its companions is taken, the newest folder first."""
    monkeypatch.setenv("PATH", f"{tmp_path}/old:/usr/bin:/bin")
    _program(tmp_path / "old/abacusd", "abacus 2.9")
    _program(tmp_path / "lib/9/abacusd", "abacus v9.0.1")
    _program(tmp_path / "lib/9/beads", "beads")
    _program(tmp_path / "lib/10/abacusd", "abacus v10.0.1")
    _program(tmp_path / "lib/10/beads", "beads")
    _program(tmp_path / "lib/11/abacusd", "abacus v11.0.1")
    piece = Piece(
        name="abacus",
        title="Abacus",
        program="abacusd",
        least=3,
        folders=(f"{tmp_path}/lib/*",),
        beside=("beads",),
    )

    found = pieces.find(piece)

    assert (found.version, found.path) == ("10.0.1", tmp_path / "lib/10/abacusd")
    assert found.beside("beads") == tmp_path / "lib/10/beads"


def test_the_c_library_is_never_unpacked_beside_another_one() -> None:
    """A newer C library than the machine's own loader breaks every program that meets it."""
    plan = (
        "Inst libc6 [2.36-9+deb12u9] (2.36-9+deb12u10 Debian:12 [amd64])\n"
        "Inst libpq5 (15.18-0+deb12u1 Debian:12 [amd64])\n"
        "Inst libssl3 [3.0.1] (3.0.17-1~deb12u2 Debian:12 [amd64]) []\n"
        "Conf libpq5 (15.18-0+deb12u1 Debian:12 [amd64])\n"
    )

    assert debian.planned(plan) == [("libpq5", "15.18-0+deb12u1"), ("libssl3", "3.0.17-1~deb12u2")]


@pytest.mark.parametrize("before", [None, "#!/bin/sh\nexit 101\n"])
def test_installing_leaves_the_policy_for_services_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, before: str | None
) -> None:
    """While packages come in no service starts and no cluster is made; afterwards nothing of ours is left."""
    policy, clusters = tmp_path / "policy-rc.d", tmp_path / "postgresql-common/createcluster.d/ours.conf"
    monkeypatch.setattr(debian, "POLICY", policy)
    monkeypatch.setattr(debian, "CLUSTERS", clusters)
    if before:
        policy.write_text(before)

    with debian.nothing_starts():
        assert "exit 101" in policy.read_text()
        assert re.search("^create_main_cluster = false$", clusters.read_text(), re.MULTILINE)

    assert (policy.read_text() if policy.exists() else None) == before
    assert list(tmp_path.iterdir()) == ([policy] if before else [])


def test_a_policy_left_by_a_killed_run_is_removed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Otherwise one kill at the wrong moment would keep the machine's services from starting for ever."""
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(debian, "POLICY", policy)
    monkeypatch.setattr(debian, "CLUSTERS", tmp_path / "postgresql-common/createcluster.d/ours.conf")
    policy.write_text(f"#!/bin/sh\n{debian.OURS}exit 101\n")

    with debian.nothing_starts():
        pass

    assert not policy.exists()
