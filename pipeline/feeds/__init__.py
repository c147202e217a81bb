"""Everything about feeds: ask one, read what it answers, decide when to ask again; lists of feeds as OPML."""
