"""Run the demo's newsroom fast and long, and see that nothing grows: `python -m benchmarks.soak`."""
