"""The name under which a feed is asked, as readers of many are used to give it (checklist F25).

In: our name, a feed's number, how many subscriptions there are. Out: a User-Agent. Trap: servers count their readers
by it and find our feed again in their logs, so its form must not change from one version to the next.
"""

import re

_CLOSING = re.compile(r"\)\s*$")


def feed_agent(base: str, feed_id: int, subscriber_count: int) -> str:
    """Give `Storywatch/1.0 (+https://contact; 3 subscribers; feed-id=7)` for `Storywatch/1.0 (+https://contact)`."""
    noun = "subscriber" if subscriber_count == 1 else "subscribers"
    told = f"{subscriber_count} {noun}; feed-id={feed_id})"
    return _CLOSING.sub(f"; {told}", base) if _CLOSING.search(base) else f"{base} ({told}"
