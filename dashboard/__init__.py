"""The web pages: they look at what the store holds and ask; no rule of the news lives here."""
