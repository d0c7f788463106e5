"""The model UserResponse, compiled from the API description."""

from __future__ import annotations

from ..types import Model as _Model
from ..types import model as _model


@_model
class UserResponse(_Model):
    """The account the server is signed in to.

    Attributes:
        id: Identifier of the account, normally a UUID; kept as plain text.
        email: Mail address of the account.
        name: Name of the account.
        bio: What the user has written about themselves.
        avatarurl: Address of the user's picture.
        firstname: First name.
        lastname: Last name.
        plan: Plan the account is on, such as free; the server fills in free when the service names none.
    """

    id: str
    """Identifier of the account, normally a UUID; kept as plain text."""
    email: str
    """Mail address of the account."""
    name: str
    """Name of the account."""
    bio: str | None = None
    """What the user has written about themselves."""
    avatarurl: str | None = None
    """Address of the user's picture."""
    firstname: str | None = None
    """First name."""
    lastname: str | None = None
    """Last name."""
    plan: str | None = None
    """Plan the account is on, such as free; the server fills in free when the service names none."""
