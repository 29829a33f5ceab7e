"""Where a verifier may learn of revocations: signed lists, and what is quicker than they are."""

from safeconduct.sources.chain import Chain
from safeconduct.sources.events import EventStream
from safeconduct.sources.introspection import Introspection
from safeconduct.sources.lists import SignedLists

__all__ = ["Chain", "EventStream", "Introspection", "SignedLists"]
