"""Flags that several verbs have; one that does not exist, and what was meant by it."""

import click

folders_option = click.option(
    "--folders",
    type=click.Choice(["parts", "classes", "nested"]),
    metavar="KIND",
    help="What folders at the root are: parts, classes, or nested (groups of classes).",
)
"""None where nobody says."""
accept_option = click.option("--accept", multiple=True, metavar="CODE", help="Take errors with this code as they are.")


def flag_hint(error: click.NoSuchOption) -> str:
    """Return what to write instead of a flag that a verb does not have, or where its flags are listed.

    A setting that has no flag of its own goes after ``--set``, where the verb takes that.
    """
    from sightline.core.choose import nearest
    from sightline.line.settings.tables import SETTINGS

    context = error.ctx
    flags = [flag for entry in context.command.params for flag in entry.opts] if context else []
    by_name = {flag.lstrip("-").replace("-", "_"): flag for flag in flags if flag.startswith("--")}
    written = error.option_name.lstrip("-")
    setting = nearest(written, SETTINGS, kind="setting") if "--set" in flags else ""
    if " " in setting:
        return setting
    if setting in SETTINGS and setting not in by_name:
        return f"did you mean --set {setting}=...?"
    flag = by_name.get(setting) or by_name.get(nearest(written, by_name))
    where = context.command_path if context else "sightline"
    return f"did you mean {flag}?" if flag else f"see `{where} --help`"
