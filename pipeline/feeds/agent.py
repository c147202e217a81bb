"""The name under which a feed is asked, as readers of many are used to give it (checklist F25).

In: our name, a feed's number if it has one, how many subscriptions there are. Out: a User-Agent. Trap: servers count
their readers by it and find our feed again in their logs, so its form must not change from one version to the next.
"""

import re

_CLOSING = re.compile(r"\)\s*$")


def feed_agent(base: str, feed_id: int | None, subscriber_count: int) -> str:
    """Give `Storywatch/1.0 (+https://contact; 3 subscribers; feed-id=7)` for `Storywatch/1.0 (+https://contact)`.

    What is only looked at, and is no feed of ours yet, has no number to tell.
    """
    noun = "subscriber" if subscriber_count == 1 else "subscribers"
    number = "" if feed_id is None else f"; feed-id={feed_id}"
    told = f"{subscriber_count} {noun}{number})"
    return _CLOSING.sub(f"; {told}", base) if _CLOSING.search(base) else f"{base} ({told}"
