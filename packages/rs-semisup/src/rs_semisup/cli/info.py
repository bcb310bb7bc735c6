"""``rs-semisup info``: what a recipe of joint training takes."""

from dataclasses import asdict

from rs_core.cli.parser import CommandParser, at_least_one
from rs_core.errors import UserError
from rs_semisup.recipes import LAPTOP_SUFFIX, get_semisup_recipe, list_semisup_recipes
from rs_semisup.recipes.arithmetic import IMAGENET_TRAIN, PSEUDO_LABELLED, Arithmetic


def run(arguments: list[str]) -> None:
    """Print all names, or the arithmetic of one recipe."""
    parser = CommandParser(
        "info", "Say what a recipe takes: steps, images, days. All names without one.", program="rs-semisup"
    )
    parser.add_argument("recipe", nargs="?", default="", help="name of a recipe")
    parser.add_argument(
        "--num_labelled", type=at_least_one, default=IMAGENET_TRAIN, help="labelled images (default: ImageNet's)"
    )
    parser.add_argument(
        "--num_pseudo", type=at_least_one, default=PSEUDO_LABELLED, help="pseudo-labelled images (default: 130 million)"
    )
    parser.add_argument("--num_devices", type=at_least_one, default=8, help="that train together (default: 8)")
    rates = parser.add_mutually_exclusive_group()
    rates.add_argument("--images_per_second", type=float, help="that one device trains on; for the days")
    rates.add_argument("--measure", metavar="DEVICE", help="measure that rate here: auto, cpu, cuda, cuda:1")
    parser.add_argument("--batch_size", type=at_least_one, default=128, help="images in a measured pass (default: 128)")
    parser.add_argument("--seconds", type=float, default=20.0, help="to measure for (default: 20)")
    options = parser.parse_args(arguments)

    if not options.recipe:
        print(f"recipes, each also with {LAPTOP_SUFFIX} at the end:", *list_semisup_recipes(), sep="\n  ")
        return
    if options.images_per_second is not None and not options.images_per_second > 0:
        raise UserError(f"--images_per_second {options.images_per_second}: give a number above 0")
    size = Arithmetic(
        recipe=get_semisup_recipe(options.recipe), num_labelled=options.num_labelled, num_pseudo=options.num_pseudo
    )
    print(options.recipe)
    for name, text in describe(size):
        print(f"  {name:16}  {text}")
    if options.measure or options.images_per_second:
        rate, device = options.images_per_second, "stated"
        if options.measure:
            from rs_semisup.recipes.rate import measure_rate  # noqa: PLC0415  # the arithmetic needs no device

            rate, device = measure_rate(size.recipe, options.measure, options.batch_size, options.seconds)
        print(f"  {'rate':16}  {rate:,.1f} images/s on one device ({device})")
        print(f"  {'time':16}  {size.days(rate, options.num_devices):,.1f} days on {options.num_devices} of these")


def describe(size: Arithmetic) -> list[tuple[str, str]]:
    """Say how the numbers come about."""
    recipe, ratio = size.recipe, size.recipe.joint.ratio
    lines = [
        ("images a step", f"{recipe.batch_size:,} labelled + {ratio} x {recipe.batch_size:,} pseudo-labelled"),
        ("resolution", f"{recipe.resolution} px"),
        ("steps", f"{size.num_steps:,} = {recipe.epochs:g} epochs x {size.num_labelled:,} / {recipe.batch_size:,}"),
        ("images seen", f"{size.images_seen:,}, of them {size.pseudo_seen:,} pseudo-labelled"),
        ("passes", f"{recipe.epochs:g} over the labelled, {size.pseudo_passes:.2f} over {size.num_pseudo:,} others"),
        ("joint", ", ".join(f"{name} {value}" for name, value in asdict(recipe.joint).items())),
    ]
    if recipe.published_top1:
        lines.append(("published top-1", f"{recipe.published_top1} % on ImageNet"))
    return lines
