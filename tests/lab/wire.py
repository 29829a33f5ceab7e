"""How the messages of PostgreSQL's protocol follow one another on a connection (its documentation, chapter 55)."""

from dataclasses import dataclass

SSL_REQUEST = 80_877_103
GSS_REQUEST = 80_877_104


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client: its type, empty for what comes before the first typed one, and all its bytes."""

    kind: str
    octets: bytes

    @property
    def acts(self) -> bool:
        """Whether it lets the server do something: a simple query, or the execution of a prepared one."""
        return self.kind in {"Q", "E"}

    @property
    def commits(self) -> bool:
        """Whether it asks for the end of a transaction, as the service words it."""
        return self.kind == "Q" and self.octets[5:].lstrip().upper().startswith(b"COMMIT")


class Messages:
    """Cuts the bytes of a client into its messages."""

    def __init__(self) -> None:
        self._rest = b""
        self._started = False

    def feed(self, octets: bytes) -> list[Message]:
        """The messages that are whole by now."""
        self._rest += octets
        whole = []
        while (message := self._next()) is not None:
            whole.append(message)
            self._rest = self._rest[len(message.octets) :]
        return whole

    def _next(self) -> Message | None:
        typed = int(self._started)
        if len(self._rest) < typed + 4:
            return None
        size = typed + int.from_bytes(self._rest[typed : typed + 4])
        if len(self._rest) < size:
            return None
        if typed:
            return Message(chr(self._rest[0]), self._rest[:size])
        code = int.from_bytes(self._rest[4:8])
        self._started = code not in {SSL_REQUEST, GSS_REQUEST}
        return Message("", self._rest[:size])


class Pieces(Messages):
    """For another protocol: whatever comes together is one message."""

    def feed(self, octets: bytes) -> list[Message]:
        return [Message("", octets)]
