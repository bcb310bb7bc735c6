"""``rs-core push``: put a model on the Hugging Face hub, or into a folder as the hub keeps it."""

from pathlib import Path

from rs_core.cli.parser import CommandParser
from rs_core.cli.trained import load_trained
from rs_core.errors import UserError
from rs_core.train.run import CONFIG
from rs_core.weights.hub import parse_hub_id, push_to_hub
from rs_core.weights.hub_config import why_not_timm
from rs_core.weights.hub_folder import WEIGHTS, save_hub_folder
from rs_core.weights.model_card import rs_core_call, timm_call


def run(arguments: list[str]) -> None:
    """Write or upload weights, config and model card, then print where they are and how to load them."""
    parser = CommandParser("push", "Put a model on the Hugging Face hub, or into a folder as the hub keeps it.")
    parser.add_argument("source", metavar="SOURCE", help="run directory, file of weights, published name or hub id")
    parser.add_argument("destination", metavar="DESTINATION", help="user/name on the hub, or a folder such as ./name")
    parser.add_argument("--folder", action="store_true", help="DESTINATION is a folder, whatever it looks like")
    parser.add_argument("--private", action="store_true", help="make a new repository on the hub private")
    parser.add_argument("--license", default="", help="licence for the model card, such as apache-2.0")
    parser.add_argument(
        "--dataset",
        dest="datasets",
        action="append",
        default=[],
        metavar="DATASET",
        help="data set for the model card, such as imagenet-1k; may be given several times",
    )
    options = parser.parse_args(arguments)

    hub_id = "" if options.folder else destination_on_hub(options.destination)
    pretrained = load_trained(options.source)
    card = {"run": run_directory(Path(options.source)), "license": options.license, "datasets": options.datasets}
    if hub_id:
        place = push_to_hub(pretrained, hub_id, private=options.private, **card)
        address = f"hf-hub:{hub_id}"
    else:
        save_hub_folder(pretrained, options.destination, **card)
        place = address = options.destination

    reason = why_not_timm(pretrained.model.config)
    print(place)
    print(f"  {rs_core_call(address)}")
    print(f"  timm cannot build this network: {reason}" if reason else f"  {timm_call(address)}")


def destination_on_hub(destination: str) -> str:
    """Give the hub id that a destination names, or nothing for a folder.

    Raises:
        UserError: it could be either.
    """
    if destination.startswith((".", "/")):
        return ""
    hub_id = parse_hub_id(destination)
    if not hub_id:
        raise UserError(f"{destination}: give user/name for the hub, or ./{destination} for a folder")
    return hub_id


def run_directory(source: Path) -> Path | None:
    """Give the run directory that a source is or lies in, if any: its record fills the model card."""
    directory = source.parent if source.name == WEIGHTS else source
    return directory if (directory / CONFIG).is_file() else None
