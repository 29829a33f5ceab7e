"""LIKE patterns for folded columns."""

from service.domain.user import fold


def containing(text: str | None) -> str:
    """What contains `text`, whatever its case, and no wildcard of its own; anything, for None."""
    return "%" if text is None else f"%{_literally(fold(text))}%"


def _literally(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
