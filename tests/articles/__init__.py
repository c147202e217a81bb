"""The corner of the tests that reads pages."""
