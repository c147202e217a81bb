"""Backups of the store: one file, whatever the database, and back into either.

In: an open `Database`, a file. Out: a zip with a manifest and a SQLite database of our schema; a store filled from one.
Hides how each database gives one state of itself while everything runs. Trap: a backup holds what the installation
needs to go on, keys of feeds' addresses included, so it is made for its owner alone; settings are never in it.
"""
