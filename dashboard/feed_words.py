"""What went wrong with a feed, in words for whoever looks after it: what it means and what to do.

In: a reason. Out: a sentence. Hides nothing; pure. Trap: a sentence speaks of what is usual; the error itself stands
beside it.
"""

from collections.abc import Mapping

from dashboard.words import spoken
from pipeline.model import Reason

SENTENCES: Mapping[Reason, str] = {
    Reason.ADDRESS_DENIED: "Its name leads to a private network. If that is meant, name it in fetch.allow_private.",
    Reason.URL_REFUSED: "Its address or port may not be asked. Ports are allowed in fetch.ports.",
    Reason.NAME_UNKNOWN: "Its host name leads nowhere. The site may have moved: look for its feeds again.",
    Reason.NAME_TEMPORARY: "Its name server does not answer just now. Nothing to do.",
    Reason.CONNECTION_FAILED: "Its server refuses connections or ends them. It may be down.",
    Reason.TLS_FAILED: "Its certificate is not valid. Only its owner can mend that.",
    Reason.TIMED_OUT: "Its server took too long. If that stays so, raise fetch.total_seconds.",
    Reason.TRUNCATED: "Its document ended in the middle. What was there is stored, and it is asked for in full again.",
    Reason.TOO_LARGE: "Its document is larger than fetch.feed_bytes. Raise that, or take one of its sections.",
    Reason.TOO_MANY_REDIRECTS: "It leads from one address to the next without end. Look for its feeds again.",
    Reason.BAD_ENCODING: "Its document is packed in a way that cannot be read.",
    Reason.HTTP_TEMPORARY: "Its server has trouble of its own. Nothing to do.",
    Reason.HTTP_REFUSED: "Its server refuses to give it. It may need a key in its address, or keep readers out.",
    Reason.HTTP_NOT_FOUND: "There is nothing at its address. The site may have moved it: look for its feeds again.",
    Reason.HTTP_GONE: "Its server says that it is gone for good. Remove it, or look for another of the site.",
    Reason.HTTP_THROTTLED: "Its server asked to be asked more seldom, and is: its whole host rests.",
    Reason.NOT_A_FEED: "What comes is no feed: a login, a bot check, an empty page. The last good state is kept.",
}


def fault_words(reason: Reason | None) -> str:
    """Say what a failure means; empty for none."""
    if reason is None:
        return ""
    return SENTENCES.get(reason, f"It failed: {spoken(reason)}.")
