"""Tests of the fault harness, and the runs of it that fit into every check."""
