"""The command `storywatch`: what a person types, and the entry points of the long-running processes."""
