"""Settings, read once by entry points, and the default files that a user edits."""
