"""``rs-core bench``: measure networks, or a part of the kit, on this machine."""


def run(arguments: list[str]) -> None:
    """Run one benchmark; no benchmark pays for what another imports.

    Raises:
        UserError: what it raises.
    """
    if arguments[:1] == ["loader"]:
        from rs_core.cli.bench import loader  # noqa: PLC0415

        loader.run(arguments[1:])
    else:
        from rs_core.cli.bench import models  # noqa: PLC0415

        models.run(arguments)
