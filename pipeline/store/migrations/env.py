"""What Alembic runs before the steps: it takes the transaction that `pipeline.store.migrating` opened.

In: `config.attributes["connection"]`. Out: the steps applied in it. Trap: Alembic must not begin or commit by
itself, or a failed step would leave half a schema; `transactional_ddl` off leaves that to the caller.
"""

from alembic import context

from pipeline.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
)
context.run_migrations()
