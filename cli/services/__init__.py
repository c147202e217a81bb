"""The long-running processes: one file each, so that each loads only what it needs (memory)."""
