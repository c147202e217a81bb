"""Two days of polling on a fake clock against a scripted origin, and a report card of how polite they were.

    scene.py    the origin: what it is asked, what it answers, a record of every request
    cast.py     the feeds that play, each with its own behaviour
    pollers.py  two pollers that share one store, are killed, stopped and started again
    rules.py    the rules, each checked on the record
    run.py      all of it together

The store, the claims, the schedule, the parser and the header rules are the real ones; only time, sockets and the
servers are played. What goes over a wire is shown by the tests of the transport.
"""
