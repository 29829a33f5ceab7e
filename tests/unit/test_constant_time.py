"""How what is secret is compared."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = ("sdk/safeconduct", "keys", "service")
SECRET = re.compile(
    r"(^|_)(secret|password|seal|mac|hmac|hexdigest|digest|csrf|form_token|token_hash|secret_hash)$"
)


def _name(node: ast.expr) -> str:
    """The last word of what is compared: `row.secret_hash`, `self._seal(body)` and `proof.hexdigest()` have one."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def compared_by_operator(tree: ast.Module) -> Iterator[int]:
    """Lines that hold something secret against something else by == or !=, which end at the first other byte."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            sides = [node.left, *node.comparators]
            if any(SECRET.search(_name(side)) for side in sides) and not any(
                isinstance(side, ast.Constant) for side in sides
            ):
                yield node.lineno


def test_what_is_secret_is_compared_in_constant_time() -> None:
    """R23, L15: seals, secrets and their hashes are held against each other by hmac.compare_digest, never by ==."""
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in SHIPPED
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in compared_by_operator(ast.parse(path.read_text("utf-8")))
    ]
    planted = (
        'if shown == row.secret_hash: ...\nif hmac.new(key, body).hexdigest() != seal: ...\nok = secret == ""'
    )

    assert found == []
    assert list(compared_by_operator(ast.parse(planted))) == [1, 2]
