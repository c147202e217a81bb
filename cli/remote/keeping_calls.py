"""Commands against a server for its operator: the queue, tokens, users.

In: nothing. Out: `KEEPING`. Pure. Trap: see `cli.remote.calls`.
"""

from cli.remote.call import Call

GROUP = ("host", "reason")
KEEPING = (
    Call("queue", "show", "GET", "/queue", "Show what waits, what is in work and what failed."),
    Call("queue", "history", "GET", "/queue/history", "Show how much waited, each minute of the last day."),
    Call("queue", "pause", "POST", "/queue/pages/pause", "Release no more pages until it is resumed."),
    Call("queue", "resume", "POST", "/queue/pages/resume", "Release pages again."),
    Call("deliveries", "pause", "POST", "/queue/deliveries/pause", "Release no more deliveries until resumed."),
    Call("deliveries", "resume", "POST", "/queue/deliveries/resume", "Release deliveries again."),
    Call(
        *("queue", "failures", "GET", "/queue/failures", "List the entries of one group of failures."),
        asks=GROUP,
        filters=("state", "cursor"),
    ),
    Call(
        *("queue", "retry", "POST", "/queue/failures/retry", "Try a group's entries at once, or those named."),
        fields=GROUP,
        arguments=2,
        lists=("entries",),
    ),
    Call(
        *("queue", "drop", "POST", "/queue/failures/drop", "Give a group's entries up, or those named."),
        fields=GROUP,
        arguments=2,
        lists=("entries",),
    ),
    Call("queue", "retry-all", "POST", "/queue/failures/all/retry", "Try everything that failed at once."),
    Call("queue", "drop-all", "POST", "/queue/failures/all/drop", "Give up everything that waits after a failure."),
    Call(
        *("tokens", "list", "GET", "/tokens", "List the tokens given out."),
        columns=("id", "name", "scope", "created_at", "last_used_at"),
    ),
    Call("tokens", "add", "POST", "/tokens", "Make a token and show it, this once.", fields=("name", "scope")),
    Call("tokens", "revoke", "DELETE", "/tokens/{name}", "Take a token back."),
    Call(
        *("users", "list", "GET", "/users", "List users by name."),
        columns=("id", "name", "role", "disabled", "last_login_at"),
    ),
    Call("users", "show", "GET", "/users/{id}", "Show a user."),
    Call("users", "add", "POST", "/users", "Add a user; shows the password made for him.", fields=("name", "role")),
    Call("users", "role", "POST", "/users/{id}/role", "Give a user another role.", fields=("role",)),
    Call("users", "password", "POST", "/users/{id}/password", "Make a new password and show it, this once."),
    Call("users", "sign-out", "POST", "/users/{id}/sign-out", "End all sessions of a user."),
    Call("users", "disable", "POST", "/users/{id}/disable", "Shut a user out, with all sessions and tokens."),
    Call("users", "enable", "POST", "/users/{id}/enable", "Let a disabled user in again."),
)
