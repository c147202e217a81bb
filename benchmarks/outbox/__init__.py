"""Kill the outbox at every point of its way, and count what a receiver got: `python -m benchmarks.outbox`."""
