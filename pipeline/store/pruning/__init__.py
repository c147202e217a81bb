"""What is forgotten after its time, in small steps.

In: a transaction, an instant, and how many rows. Out: how many went. `steps` says what there is to forget, in which
order. Trap: that an entry was seen is never forgotten, or it would come back as new; only what it said goes.
"""
