"""Who may sign in.

Trap: a user is never removed, only disabled, since subscriptions and tokens keep his number.
"""

from dataclasses import dataclass
from datetime import datetime

from pipeline.model.words import Role


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a name and a password of his own; the password's hash stays in the store."""

    id: int
    name: str
    role: Role
    disabled: bool
    created_at: datetime
    last_login_at: datetime | None
    session_number: int  #: sessions and their forms hold for this number only; raised to end them all
    has_password: bool  #: False: only the password of the settings opens it
