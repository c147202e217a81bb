"""A day of the real jobs, sweeps and releases on a clock that jumps, with one of them killed every few seconds."""
