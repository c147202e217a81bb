"""The dashboard: the door, the pages, health and metrics, the queue pages."""
