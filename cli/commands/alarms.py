"""`storywatch alarms`: what is wrong with the service itself."""

from cli.commands.coverage import incident_row
from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import print_rows
from pipeline.model import AlarmKind
from pipeline.store import coverage as stored


def alarms(limit: LimitOption = 50, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the alarms with their evidence, open ones first."""
    with store_of(config) as database, database.read() as tx:
        rows = [incident_row(incident) for incident in stored.recent(tx, limit, tuple(AlarmKind))]
    print_rows("Alarms", rows, as_json=as_json, empty="Nothing is wrong with the service, and nothing was.")
