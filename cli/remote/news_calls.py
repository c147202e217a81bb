"""Commands against a server that look at the news: stories, articles, alerts, deliveries, why.

In: nothing. Out: `NEWS`. Pure. Trap: see `cli.remote.calls`.
"""

from cli.remote.call import Call

ALERT = ("id", "created_at", "subscription_name", "outlet", "article_title")
DELIVERY = ("id", "created_at", "channel", "state", "reason", "attempts", "error")
NEWS = (
    Call("", "overview", "GET", "/overview", "Show the way of one article in figures, and what needs a hand."),
    Call(
        *("stories", "list", "GET", "/stories", "List stories."),
        columns=("id", "title", "outlet_count", "article_count", "last_at"),
        filters=("order", "language", "outlet", "folder", "subscription", "since"),
    ),
    Call("stories", "show", "GET", "/stories/{id}", "Show a story: its articles and why each is there, alerts."),
    Call("stories", "merge", "POST", "/stories/{id}/merge", "Make one story of two.", fields=("other",)),
    Call("stories", "split", "POST", "/stories/{id}/split", "Take articles out into a story.", rest="articles"),
    Call("stories", "apart", "POST", "/stories/{id}/apart", "Say that two are not the same.", fields=("other",)),
    Call("stories", "undo", "POST", "/stories/acts/{id}/undo", "Take a merge, a split or an apart back."),
    Call(
        *("stories", "acts", "GET", "/stories/{id}/acts", "List what was done to a story."),
        columns=("id", "kind", "story_id", "other_story_id", "by_hand", "acted_at", "undone_at"),
    ),
    Call(
        *("", "search", "GET", "/search", "Search the archive with a query, the newest stories first."),
        columns=("story_id", "title", "outlet_count", "article_count", "found_count"),
        filters=("days", "language", "outlet", "folder", "subscription"),
        asks=("q",),
    ),
    Call("", "why", "GET", "/why", "Say why you did or did not get an article.", asks=("asked", "subscription")),
    Call("articles", "show", "GET", "/articles/{id}", "Show an article with its text."),
    Call(
        *("articles", "way", "GET", "/articles/{id}/way", "Show the way of an article, station by station."),
        columns=("stage", "passed", "at", "says"),
    ),
    Call(
        *("articles", "revisions", "GET", "/articles/{id}/revisions", "List the texts an article had."),
        columns=("number", "title", "read_at", "replaced_at", "cause"),
    ),
    Call("articles", "edit", "GET", "/articles/{id}/revisions/{number}/difference", "Show what an edit changed."),
    Call("articles", "beside", "GET", "/articles/{id}/beside/{other}", "Show how two articles differ."),
    Call("alerts", "list", "GET", "/alerts", "List the newest alerts.", columns=ALERT, filters=("subscription_id",)),
    Call("alerts", "show", "GET", "/alerts/{id}", "Show an alert with its updates and deliveries."),
    Call("", "delays", "GET", "/delays", "Show how long alerts took.", filters=("subscription_id", "last")),
    Call(
        *("deliveries", "list", "GET", "/deliveries", "List the newest deliveries."),
        columns=DELIVERY,
        filters=("state",),
    ),
    Call("deliveries", "show", "GET", "/deliveries/{id}", "Show a delivery, with the crash that parked it."),
    Call("deliveries", "replay", "POST", "/deliveries/{id}/replay", "Send a parked delivery again, under its id."),
    Call("deliveries", "replay-all", "POST", "/deliveries/replay", "Send every parked delivery again."),
)
