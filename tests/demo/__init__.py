"""Tests of the built-in newsroom."""
