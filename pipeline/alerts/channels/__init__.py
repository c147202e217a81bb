"""The ways in which an alert leaves."""
