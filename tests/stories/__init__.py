"""The corner of the tests that groups articles."""
