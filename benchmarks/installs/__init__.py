"""Two installations from the same lock file, offline, byte for byte."""
