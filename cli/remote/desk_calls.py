"""Commands against a server for what is followed: feeds, subscriptions, channels.

In: nothing. Out: `DESK`. Pure. Trap: see `cli.remote.calls`.
"""

from cli.remote.call import Call

FEED = ("id", "title", "folder", "state", "last_success_at", "next_poll_at", "error_count", "address")
EVENT = ("id", "feed_id", "kind", "at", "detail")
FEEDS = (
    Call("feeds", "list", "GET", "/feeds", "List all feeds.", columns=FEED),
    Call("feeds", "show", "GET", "/feeds/{id}", "Show a feed."),
    Call("feeds", "add", "POST", "/feeds", "Watch a feed.", fields=("url", "title", "folder")),
    Call("feeds", "remove", "DELETE", "/feeds/{id}", "Stop watching a feed; its articles stay."),
    Call("feeds", "pause", "POST", "/feeds/{id}/pause", "Do not poll a feed until it is resumed."),
    Call("feeds", "resume", "POST", "/feeds/{id}/resume", "Poll a paused or gone feed again."),
    Call("feeds", "refresh", "POST", "/feeds/{id}/refresh", "Ask a feed as soon as may be.", flags=("ignore_cache",)),
    Call("feeds", "move-back", "POST", "/feeds/{id}/move-back", "Bring a feed back to the address before its move."),
    Call("feeds", "plan", "GET", "/feeds/{id}/plan", "Show when a feed is asked next and why, and its rhythm."),
    Call("feeds", "explain", "POST", "/feeds/{id}/check", "Explain what a poll of a feed sees, step by step."),
    Call(
        *("feeds", "check", "POST", "/feeds/check", "Explain what a poll of an address sees, step by step."),
        fields=("url",),
    ),
    Call("feeds", "find", "POST", "/feeds/find", "Look for the feeds of a site; stores nothing.", fields=("url",)),
    Call("feeds", "hygiene", "GET", "/feeds/hygiene", "Report twins, subsets, wrong validators, and costs."),
    Call("feeds", "etiquette", "GET", "/feeds/etiquette", "Show how the feeds were asked."),
    Call("feeds", "events", "GET", "/feeds/events", "List what happened to feeds.", columns=EVENT),
    Call("feeds", "history", "GET", "/feeds/{id}/events", "List what happened to a feed.", columns=EVENT),
    Call("feeds", "export", "GET", "/opml", "Write all as OPML, keys in addresses masked.", is_text=True),
    Call("feeds", "export-whole", "GET", "/opml/whole", "Write all as OPML with their keys; admins.", is_text=True),
    Call("feeds", "import", "POST", "/opml", "Watch the feeds of an OPML file.", file="opml", is_upload=True),
    Call(
        *("", "coverage", "GET", "/coverage", "List what does not come in as it used to."),
        columns=("id", "kind", "subject", "evidence", "opened_at", "closed_at"),
    ),
    Call(
        *("", "hosts", "GET", "/hosts", "Show what the pages of each host were."),
        columns=("host", "page_count", "article_count", "last_at"),
        switches=("refused",),
    ),
)
SUBSCRIPTIONS = (
    Call(
        *("subscriptions", "list", "GET", "/subscriptions", "List subscriptions by name."),
        columns=("id", "name", "query", "channels", "enabled", "problem"),
        filters=("words",),
    ),
    Call("subscriptions", "show", "GET", "/subscriptions/{id}", "Show a subscription with its rule."),
    Call(
        *("subscriptions", "add", "POST", "/subscriptions", "Add a subscription; it holds from now on."),
        fields=("name", "query"),
        arguments=2,
        lists=("channels",),
        documents=("rule",),
    ),
    Call(
        *("subscriptions", "change", "PUT", "/subscriptions/{id}", "Write a subscription anew; its alerts stay."),
        fields=("name", "query"),
        arguments=2,
        lists=("channels",),
        documents=("rule",),
    ),
    Call(
        *("subscriptions", "check", "POST", "/subscriptions/check", "Say whether a query can be saved."),
        fields=("query",),
    ),
    Call(
        *("subscriptions", "test", "POST", "/subscriptions/trial", "Try a query on the archive; nothing is saved."),
        fields=("query",),
        documents=("rule",),
    ),
    Call(
        *("subscriptions", "variants", "GET", "/subscriptions/variants", "List how a name is written."),
        columns=("spelling", "article_count", "why"),
        asks=("word",),
    ),
    Call("subscriptions", "give", "POST", "/subscriptions/{id}/owner", "Give it to a user.", fields=("owner",)),
    Call(
        *("subscriptions", "feeds", "POST", "/subscriptions/{id}/feeds", "Give the secret addresses of its feeds."),
        switches=("renew",),
    ),
    Call("subscriptions", "remove", "DELETE", "/subscriptions/{id}", "Remove a subscription; its alerts stay."),
    Call("subscriptions", "restore", "POST", "/subscriptions/{id}/restore", "Put a removed one back."),
    Call("subscriptions", "pause", "POST", "/subscriptions/{id}/pause", "Raise no alerts until it is resumed."),
    Call("subscriptions", "resume", "POST", "/subscriptions/{id}/resume", "Raise alerts again."),
    Call("subscriptions", "export", "GET", "/subscriptions/export", "Write all as a TOML file.", is_text=True),
    Call(
        *("subscriptions", "import", "POST", "/subscriptions/import", "Add and change those of a file; others stay."),
        fields=("source",),
        arguments=0,
        lists=("channels",),
        flags=("dry_run",),
        file="toml",
    ),
    Call(
        *("channels", "list", "GET", "/channels", "List channels and how their receivers behave."),
        columns=("name", "kind", "receiver", "failures", "rests_until", "reason"),
    ),
    Call("channels", "test", "POST", "/channels/test", "Send one test message.", fields=("channel",)),
    Call("channels", "resume", "POST", "/channels/resume", "Ask a receiver again that rests.", fields=("channel",)),
)
DESK = (*FEEDS, *SUBSCRIPTIONS)
