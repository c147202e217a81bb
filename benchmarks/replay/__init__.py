"""Real pages, played back over the whole way: feeds, pages, articles, stories, alerts, a receiver.

In: the real data beside the checkout. Out: figures and promises, each with whether it holds. `edition` and
`questions` decide what is published and asked, `origin` serves it on loopback, `installation` runs Storywatch
itself, `stored` reads what came of it, `referee` says what should have come of it, `report` compares the two.
"""
