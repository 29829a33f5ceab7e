"""Where the SQL is: all of it lies in this folder as text, one form for both engines."""

from importlib.resources import files
from pathlib import Path

_HERE = Path(str(files(__name__)))

QUERIES = _HERE / "queries"
MIGRATIONS = _HERE / "migrations"
ENGINE = _HERE / "engine"
