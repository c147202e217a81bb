"""Which commands there are against a server: each is one request of its API.

In: nothing. Out: `CALLS`. Pure. Trap: a test compares the paths with the API's own description; a command that is not
here is refused by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One command, and the request it makes."""

    group: str  #: of the command: `stories`; empty for one that stands alone
    name: str  #: `list`
    method: str
    path: str  #: with `{id}` where the command's argument goes
    says: str  #: its help
    columns: Sequence[str] = ()  #: of a list that is shown to people; empty for a record
    filters: Sequence[str] = ()  #: options that go into the query
    fields: Sequence[str] = ()  #: the first is the argument, the others options, all go into the body

    arguments: int = 1  #: how many of the fields are arguments
    lists: Sequence[str] = ()  #: options that may be repeated and go into the body as lists
    documents: Sequence[str] = ()  #: options written in JSON
    flags: Sequence[str] = ()  #: options that are there or not, into the body
    asks: Sequence[str] = ()  #: arguments that go into the query
    file: str = ""  #: an argument that names a file, whose text goes into the body
    rest: str = ""  #: the last arguments, one or more numbers, into the body as a list
    is_text: bool = False  #: the answer is the text of a file

    @property
    def takes_number(self) -> bool:
        """Tell whether its argument is a number."""
        return "{id}" in self.path


FEED = ("id", "title", "folder", "state", "last_success_at", "next_poll_at", "error_count", "url")
CALLS = (
    Call(
        *("stories", "list", "GET", "/stories", "List stories."),
        columns=("id", "title", "outlet_count", "article_count", "last_at"),
        filters=("order", "language", "outlet", "folder", "subscription", "since"),
    ),
    Call("stories", "show", "GET", "/stories/{id}", "Show a story with its articles and alerts."),
    Call("stories", "merge", "POST", "/stories/{id}/merge", "Make one story of two.", fields=("other",)),
    Call("stories", "split", "POST", "/stories/{id}/split", "Take articles out into a story.", rest="articles"),
    Call("stories", "apart", "POST", "/stories/{id}/apart", "Say that two are not the same.", fields=("other",)),
    Call("stories", "undo", "POST", "/stories/acts/{id}/undo", "Take a merge, a split or an apart back."),
    Call(
        *("", "search", "GET", "/search", "Search the archive with a query, the newest stories first."),
        columns=("story_id", "title", "outlet_count", "article_count", "found_count"),
        filters=("days", "language", "outlet", "folder", "subscription"),
        asks=("q",),
    ),
    Call("", "why", "GET", "/why", "Say why you did or did not get an article.", asks=("asked", "subscription")),
    Call("articles", "show", "GET", "/articles/{id}", "Show an article with its text."),
    Call(
        *("alerts", "list", "GET", "/alerts", "List the newest alerts."),
        columns=("id", "created_at", "subscription_name", "outlet", "article_title"),
    ),
    Call(
        *("deliveries", "list", "GET", "/deliveries", "List the newest deliveries."),
        columns=("id", "created_at", "channel", "state", "reason", "attempts", "error"),
        filters=("state",),
    ),
    Call("deliveries", "replay", "POST", "/deliveries/{id}/replay", "Send a parked delivery again, under its id."),
    Call("feeds", "list", "GET", "/feeds", "List all feeds.", columns=FEED),
    Call("feeds", "show", "GET", "/feeds/{id}", "Show a feed."),
    Call("feeds", "add", "POST", "/feeds", "Watch a feed.", fields=("url", "title", "folder")),
    Call("feeds", "remove", "DELETE", "/feeds/{id}", "Stop watching a feed; its articles stay."),
    Call("feeds", "pause", "POST", "/feeds/{id}/pause", "Do not poll a feed until it is resumed."),
    Call("feeds", "resume", "POST", "/feeds/{id}/resume", "Poll a paused or gone feed again."),
    Call(
        "feeds",
        "check",
        "POST",
        "/feeds/check",
        "Explain what a poll of an address sees, step by step.",
        fields=("url",),
    ),
    Call("feeds", "find", "POST", "/feeds/find", "Look for the feeds of a site; stores nothing.", fields=("url",)),
    Call("feeds", "hygiene", "GET", "/feeds/hygiene", "Report twins, subsets, wrong validators, and costs."),
    Call(
        *("subscriptions", "list", "GET", "/subscriptions", "List subscriptions by name."),
        columns=("id", "name", "query", "channels", "enabled", "problem"),
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
        *("subscriptions", "test", "POST", "/subscriptions/trial", "Try a query on the archive; nothing is saved."),
        fields=("query",),
        documents=("rule",),
    ),
    Call("subscriptions", "give", "POST", "/subscriptions/{id}/owner", "Give it to a user.", fields=("owner",)),
    Call("subscriptions", "remove", "DELETE", "/subscriptions/{id}", "Remove a subscription; its alerts stay."),
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
    Call("queue", "pause", "POST", "/queue/pages/pause", "Release no more pages until it is resumed."),
    Call("queue", "resume", "POST", "/queue/pages/resume", "Release pages again."),
    Call("queue", "show", "GET", "/queue", "Show what waits, what is in work and what failed."),
    Call(
        *("tokens", "list", "GET", "/tokens", "List the tokens given out."),
        columns=("id", "name", "scope", "created_at", "last_used_at"),
    ),
    Call(
        *("users", "list", "GET", "/users", "List users by name."),
        columns=("id", "name", "role", "disabled", "last_login_at"),
    ),
    Call("users", "add", "POST", "/users", "Add a user; shows the password made for him.", fields=("name", "role")),
    Call("users", "role", "POST", "/users/{id}/role", "Give a user another role.", fields=("role",)),
    Call("users", "password", "POST", "/users/{id}/password", "Make a new password and show it, this once."),
    Call("users", "disable", "POST", "/users/{id}/disable", "Shut a user out, with all sessions and tokens."),
    Call("users", "enable", "POST", "/users/{id}/enable", "Let a disabled user in again."),
)
