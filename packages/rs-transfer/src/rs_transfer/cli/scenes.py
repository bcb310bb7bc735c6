"""``rs-transfer scenes``: the built-in scenes on disk, to look at or to try a reader on."""

from pathlib import Path

from rs_core.cli.parser import CommandParser, at_least_one
from rs_transfer.scenes.sheet import draw_sheet
from rs_transfer.scenes.write import NUM_TEST, NUM_TRAIN, SIZE_PX, write_scenes


def run(arguments: list[str]) -> None:
    """Write the scenes and a sheet of some of them; the last line on stdout is the folder."""
    parser = CommandParser(
        "scenes",
        "Write pictures composed of the built-in digits, with boxes, masks and depth, in the formats of Pascal VOC, "
        "ADE20K and NYU Depth v2.",
        program="rs-transfer",
    )
    parser.add_argument("out", type=Path, help="folder, which is made")
    for name, default, text in (
        ("num_train", NUM_TRAIN, "training pictures of each set"),
        ("num_test", NUM_TEST, "test pictures of each set"),
        ("size_px", SIZE_PX, "height and width of a picture"),
    ):
        parser.add_argument(f"--{name}", type=at_least_one, default=default, help=f"{text} (default: {default})")
    parser.add_argument("--seed", type=int, default=0, help="of what is where, and of colours (default: 0)")
    options = parser.parse_args(arguments)
    scenes = write_scenes(
        options.out,
        num_train=options.num_train,
        num_test=options.num_test,
        size_px=options.size_px,
        seed=options.seed,
    )
    sheet = options.out / "sheet.png"
    draw_sheet(scenes, sheet)
    counts = f"{options.num_train} to train on, {options.num_test} to test on"
    print(f"voc:    {scenes.voc}, VOC2007 and VOC2012, {counts} in each")
    print(f"ade:    {scenes.ade}, {counts}")
    print(f"nyu:    {scenes.nyu}, {counts}")
    print(f"sheet:  {sheet}")
    print(f"scenes: {options.out}")
