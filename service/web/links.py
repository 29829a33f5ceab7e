from service.domain.secret import Secret


def invitation_link(issuer: str, secret: Secret) -> str:
    """The page where a one-time link is used; its secret stays behind the `#`, which no server ever sees."""
    return f"{issuer}/welcome#{secret.reveal()}"
