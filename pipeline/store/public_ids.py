"""The ids by which receivers know notices and messages: the same again where a database forgot that it made them.

In: what a notice is of. Out: its id. A replica that is promoted without the last commits lets articles be placed and
alerts be raised anew; an alert by the same article, and each message of it, then has the id that a receiver may
know already (R5, R38). Trap: another article may be the one that raises it then, so the same id is likely and not
certain; that a story alerts once is held by the rows' own keys.
"""

import hmac
from base64 import urlsafe_b64encode
from secrets import token_urlsafe

from sqlalchemy import Connection, select

from pipeline.model import Article
from pipeline.store.tables import alerts

_BYTES = 18


def of_alert(tx: Connection, secret: str, article: Article) -> str:
    """Give the id of an article's alert, by a secret of its subscription; by chance if it has raised another there."""
    made = _derived("alt", secret, article.url, article.title)
    is_taken = tx.execute(select(alerts.c.id).where(alerts.c.public_id == made)).first() is not None
    return f"alt_{token_urlsafe(_BYTES)}" if is_taken else made


def of_update(alert_public_id: str, number: int) -> str:
    """Give the id of an alert's update of that number."""
    return _derived("upd", alert_public_id, str(number))


def of_message(notice_public_id: str, channel: str) -> str:
    """Give the id of the message that hands a notice to a channel."""
    return _derived("msg", notice_public_id, channel)


def _derived(kind: str, secret: str, *parts: str) -> str:
    """Sign the parts, so that nobody without the secret can tell an id beforehand."""
    told = "\0".join((kind, *parts)).encode("utf-8", "surrogatepass")
    digest = hmac.digest(secret.encode(), told, "sha256")[:_BYTES]
    return f"{kind}_{urlsafe_b64encode(digest).decode()}"
