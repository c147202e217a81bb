"""The command against a server elsewhere, through its API.

In: `--server` and a file with a token. Out: the same tables and JSON as on the machine itself. Trap: what needs the
store, its files or its processes has no address in the API and is refused with what there is instead.
"""

SERVER, TOKEN_FILE = "STORYWATCH_SERVER", "STORYWATCH_TOKEN_FILE"  #: variables instead of `--server` and `--token-file`
