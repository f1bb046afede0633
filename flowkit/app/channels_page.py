"""The reference of channels as Markdown: what each preset does, which keys it takes, and what it was held against."""

from __future__ import annotations

from flowkit.notify.presets import KEYS, PRESETS, Preset


def channels_page(made: str) -> str:
    """Every preset of a channel; `made` says where the page comes from."""
    out = ["# Channels", "", made, ""]
    out += [
        "How messages leave. What a preset was held against stands beside it: a stand-in is no real service, and what "
    ]
    out[-1] += "rests on memory alone was found in no documentation that could be read."
    out += ["", "| preset | what it does | keys | asks at most | held against | rests on memory alone |"]
    out += ["|" + " --- |" * 6]
    out += [_row(name, preset) for name, preset in PRESETS.items()]
    out += ["", "Keys in bold are required. What each says stands in [the table of `channel`](nouns.md#channel).", ""]
    out += [
        "Messages of the presets for messengers go to the messenger's own hosts over TLS, or to a stand-in on this "
    ]
    out[-1] += "machine (`flowkit peer`), and nowhere else."
    return "\n".join(out) + "\n"


def _row(name: str, preset: Preset) -> str:
    everything = preset.keys == KEYS
    own = [key for key in preset.keys if key.name not in {"title", "preset"}]
    keys = (
        "those of every other"
        if everything
        else ", ".join(f"**`{k.name}`**" if k.required else f"`{k.name}`" for k in own)
    )
    return f"| `{name}` | {preset.about} | {keys} | {preset.limit} | {preset.against} | {preset.unsure} |"
