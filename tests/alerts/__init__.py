"""Tests of pipeline.alerts."""
