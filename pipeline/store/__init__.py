"""Where the work and the news are kept: one store, on SQLite or PostgreSQL.

In: records of `pipeline.model`. Out: the same, and leases with fencing tokens. Hides SQLAlchemy, Alembic,
pysqlite3 and psycopg. Use `Database` for transactions and the functions of the module named for the subject,
each with the transaction as its first argument. Trap: a function that says False or None for a stale token
has written nothing, but the caller's other writes of that transaction are the caller's to roll back.
"""
