"""Which commands there are against a server: each is one request of its API.

In: nothing. Out: `CALLS`. Pure. Trap: a test compares the paths with the API's own description, in both directions; a
command that is not here is refused by name.
"""

from cli.remote.call import Call
from cli.remote.desk_calls import DESK
from cli.remote.keeping_calls import KEEPING
from cli.remote.news_calls import NEWS

CALLS: tuple[Call, ...] = (*NEWS, *DESK, *KEEPING)
