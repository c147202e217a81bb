"""Tests of the one HTTP client, against the misbehaving origin."""
