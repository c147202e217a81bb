"""Real pages, played back over the whole way: feeds, pages, articles, stories, alerts, a receiver.

In: the real data beside the checkout. Out: figures and promises, each with whether it holds. `edition` decides what
is published and `questions` what is asked and should be answered; `origin` serves on loopback and receives,
`installation` runs Storywatch itself, `stored` reads what came of it, `figures` counts, `report` judges. Trap: the
data is optional; without it nothing here runs, and nothing of it may be copied into the repository.
"""
