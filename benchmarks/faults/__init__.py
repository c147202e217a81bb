"""Break the running system in every way we know, and count what was lost: `python -m benchmarks.faults`."""
