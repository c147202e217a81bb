"""Tests of the replay: real pages over the whole way."""
