"""The compose file with several of each process, each killed and cut off in turn, held to the invariants."""
