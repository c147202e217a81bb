"""Polling by a feed's own rhythm, against fixed intervals and against Miniflux's formula, by simulation.

`traces` gives the feeds: real dates as they stand, and processes fitted to them; `policies` the rules; `simulate` plays
one against the other; `picture` draws the curve; `__main__` prints the table. Nothing here uses the network or a clock.
"""
