"""The schema's history, run by Alembic from `pipeline.store.migrating`."""
