"""A channel with templates carries only what has one: does it have one for each notification that names it?"""

from __future__ import annotations

from collections.abc import Mapping

from flowkit.app.files import Source
from flowkit.diagnostics import Findings
from flowkit.notify import notification
from flowkit.notify.channel import ChannelDefinition
from flowkit.suggest import did_you_mean


def prove(source: Source, channels: Mapping[str, ChannelDefinition], findings: Findings) -> None:
    """Report each notification that names a channel which would drop it."""
    for name, document in source.documents["notification"].items():
        # Its own mistakes are told where it is linked.
        parsed = notification.parse(source.body(document), Findings(), name)
        for step in parsed.channels if parsed is not None else ():
            channel = channels.get(step.channel.typed)
            templates = channel.templates if channel is not None else None
            if channel is not None and templates is not None and name not in templates:
                message = f'channel "{channel.name}" has no template for the notification "{name}"'
                write = f"write templates: {{{name}: {{code: SMS_1, text: …}}}} there"
                findings.error("no-template", step.channel.place, message, did_you_mean(name, templates) or write)
