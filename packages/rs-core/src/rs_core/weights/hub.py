"""The Hugging Face hub: push a model, pull a model.

``HF_TOKEN``, ``HF_ENDPOINT``, ``HF_HOME`` and ``HF_HUB_OFFLINE`` mean what huggingface_hub says they mean.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rs_core._version import __version__
from rs_core.errors import UserError
from rs_core.extras import missing_extra
from rs_core.weights.download.cache import offline_variable
from rs_core.weights.hub_folder import CONFIG, WEIGHTS, save_hub_folder
from rs_core.weights.release import PretrainedModel

PREFIX = re.compile("hf[-_]hub:")
HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(@[^@\s]+)?", re.ASCII)


def parse_hub_id(text: str) -> str:
    """Give the ``user/name`` or ``user/name@revision`` that a text names, or nothing for another text.

    >>> parse_hub_id("hf-hub:timm/resnetrs50.tf_in1k"), parse_hub_id("me/model@v1"), parse_hub_id("./me/model")
    ('timm/resnetrs50.tf_in1k', 'me/model@v1', '')

    Raises:
        UserError: the prefix ``hf-hub:`` before what is no id.
    """
    hub_id = PREFIX.sub("", text, count=1)
    if HUB_ID.fullmatch(hub_id):
        return hub_id
    if PREFIX.match(text):
        raise UserError(f"{text}: not an id of the hub; give hf-hub:user/name or hf-hub:user/name@revision")
    return ""


def push_to_hub(
    pretrained: PretrainedModel,
    repo_id: str,
    *,
    run: Path | None = None,
    private: bool = False,
    token: str | None = None,
    license: str = "",
    datasets: Sequence[str] = (),
) -> str:
    """Upload weights, ``config.json`` and model card as one commit, and give the address of the repository.

    A repository that is not there is made. What stands there under these three names is replaced; its history
    stays.

    Args:
        pretrained: the model.
        repo_id: ``user/name``.
        run: the run directory that the card's figures come from.
        private: whether a new repository is private, if its owner's settings do not make it so anyway.
        token: an access token that may write; the one of ``hf auth login`` or ``HF_TOKEN`` if not given.
        license: the hub's id of a licence, such as ``apache-2.0``, for the card.
        datasets: the hub's ids of the data sets trained on, for the card.

    Raises:
        UserError: no token or one that may not write here, no network, a licence or data set that the hub does not
            know, or what ``save_hub_folder`` raises.
    """
    hub_id = parse_hub_id(repo_id)
    if not hub_id or "@" in hub_id:
        raise UserError(f"{repo_id}: cannot push there; give user/name")
    if offline_variable():
        raise UserError(f"{repo_id}: cannot push while {offline_variable()} is set; unset it")
    with TemporaryDirectory() as temporary:
        # The folder is named as the repository is, for the card's title.
        folder = Path(temporary) / hub_id
        save_hub_folder(pretrained, folder, run, address=f"hf-hub:{hub_id}", license=license, datasets=datasets)
        return upload(folder, hub_id, private=private, token=token)


def upload(folder: Path, repo_id: str, *, private: bool, token: str | None) -> str:
    """Make the repository unless it is there, put the files of a folder there in one commit, and give its address."""
    with hub_errors(repo_id):
        from huggingface_hub import HfApi, get_token  # noqa: PLC0415  # an optional extra

        token = token or get_token()
        if not token:
            raise UserError(f"{repo_id}: no access token for the hub; log in with hf auth login, or set HF_TOKEN")
        api = HfApi(token=token, library_name="rs-core", library_version=__version__)
        # None leaves it to the owner's settings, which may say that all is private.
        url = api.create_repo(repo_id, private=private or None, exist_ok=True)
        api.upload_folder(repo_id=url.repo_id, folder_path=folder, commit_message="Push with rs-core")
        return str(url)


def pull_from_hub(repo_id: str) -> Path:
    """Give the folder of a model's ``config.json`` and ``model.safetensors``, downloaded unless they are cached.

    ``repo_id``: ``user/name``, or ``user/name@revision`` with a branch, a tag or a commit, also after ``hf-hub:``.

    Raises:
        UserError: no such repository, revision or file, no access, or neither network nor a cached copy.
    """
    name, _, revision = parse_hub_id(repo_id).partition("@")
    if not name:
        raise UserError(f"{repo_id}: not an id of the hub; give user/name")
    with hub_errors(name):
        from huggingface_hub import hf_hub_download  # noqa: PLC0415  # an optional extra

        offline = bool(offline_variable())
        config = Path(hf_hub_download(name, CONFIG, revision=revision or None, local_files_only=offline))
        # The cache keeps a folder a commit: both files are of one, though the branch may move in between.
        hf_hub_download(name, WEIGHTS, revision=config.parent.name, local_files_only=offline)
    return config.parent


@contextmanager
def hub_errors(repo_id: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into one line, its absence as well."""
    try:
        from huggingface_hub import errors  # noqa: PLC0415  # an optional extra
    except ModuleNotFoundError as error:
        raise missing_extra(error, "the Hugging Face hub") from None
    # The base error of the HTTP client, whichever client this version of the hub uses.
    http_error: type[Exception] = errors.HfHubHTTPError.mro()[1]
    try:
        yield
    except (errors.EntryNotFoundError, errors.OfflineModeIsEnabled, ValueError, http_error) as error:
        raise UserError(f"{repo_id}: {explain(error, repo_id)}") from None


def explain(error: Exception, repo_id: str) -> str:
    """Say what went wrong with the hub and what to do about it."""
    from huggingface_hub import constants, errors  # noqa: PLC0415  # an optional extra

    hub = constants.ENDPOINT
    variable = offline_variable()
    unreachable = f"offline because {variable} is set" if variable else f"cannot reach {hub}"
    # The first kind that fits counts: some are kinds of those below them.
    reasons: dict[type[Exception], str] = {
        errors.GatedRepoError: f"access is restricted; ask for it at {hub}/{repo_id}",
        errors.RepositoryNotFoundError: f"not on {hub}, or private; check the name, or log in with hf auth login",
        errors.RevisionNotFoundError: f"no such revision; {hub}/{repo_id}/tree/main lists them",
        errors.LocalEntryNotFoundError: f"{unreachable}, and there is no copy in {constants.HF_HUB_CACHE}",
        errors.EntryNotFoundError: f"no {CONFIG} and {WEIGHTS} there; pickled weights are not taken from the hub",
        errors.OfflineModeIsEnabled: f"{unreachable}; unset it to reach {hub}",
    }
    for kind, reason in reasons.items():
        if isinstance(error, kind):
            return reason
    said = " ".join(str(error).split())
    if isinstance(error, errors.HfHubHTTPError):
        status = error.response.status_code
        remedy = "give a token that may write there" if status in (401, 403) else "try again later"
        return f"{hub} answered {status} ({said}); {remedy}"
    # A name that its rules forbid, or a licence or data set in the card that the hub does not know.
    return f"not what the hub allows: {said}" if isinstance(error, ValueError) else f"{unreachable} ({said})"
