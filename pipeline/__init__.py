"""The news itself: feeds, articles, stories and alerts; knows no queue, no web page and no environment."""
