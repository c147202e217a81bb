"""`storywatch coverage`: what does not come in as it used to."""

from cli.commands.options import ConfigOption, JsonOption, LimitOption
from cli.commands.session import store_of
from cli.output import print_rows
from pipeline.masking import masked_text
from pipeline.model import Incident
from pipeline.store import coverage as stored


def coverage(limit: LimitOption = 50, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the incidents of coverage with their evidence, open ones first."""
    with store_of(config) as database, database.read() as tx:
        rows = [incident_row(incident) for incident in stored.recent(tx, limit)]
    print_rows("Coverage", rows, as_json=as_json, empty="Nothing is wrong with what comes in, and nothing was.")


def incident_row(incident: Incident) -> dict[str, object]:
    """Give an incident as a row."""
    return {
        "id": incident.id,
        "kind": incident.kind.value,
        "since": incident.opened_at,
        "over": incident.closed_at,
        "subject": masked_text(incident.subject),
        "evidence": masked_text(incident.evidence),
    }
