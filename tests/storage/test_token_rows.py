from service.domain.token import Token
from service.storage.token_rows import changing, unchanging


def test_every_member_of_a_record_is_stored() -> None:
    """A member added to the record and forgotten here would come back as its default."""
    token = Token(
        id="i",
        owner_id="o",
        note="n",
        scopes=(),
        audiences=(),
        allowed_ips=(),
        metadata=None,
        not_before=None,
        expires_at=None,
        jti="j",
        created_at=1,
    )
    columns = set(unchanging(token) | changing(token)) - {
        "note_folded",
        "last_used_at",
        "last_used_ip",
        "last_used_user_agent",
    }
    seen = {"last_use", "reported_use", "recent_ips"}  # written by statements of their own
    looked_up = {"parent_suspended_at"}  # it is the parent's
    assert columns | seen | looked_up == set(Token.__dataclass_fields__)
