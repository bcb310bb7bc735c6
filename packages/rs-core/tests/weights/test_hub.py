"""Push and pull against a hub on this machine that keeps what it is sent; no test reaches another."""

import base64
import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

import pytest
import torch

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models import build_model, model_config
from rs_core.weights.hub import parse_hub_id, pull_from_hub, push_to_hub
from rs_core.weights.hub_folder import save_hub_folder
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.release import Origin, PretrainedModel

huggingface_hub = pytest.importorskip("huggingface_hub")
constants = pytest.importorskip("huggingface_hub.constants")

TOKEN = "hf_of_a_test"
FILES = {"config.json", "model.safetensors", "README.md"}


class FakeHub(ThreadingHTTPServer):
    """The few endpoints of a hub that pushing and pulling a model needs, with everything in memory."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.commits = {}
        self.created = []
        self.requests = []
        self.refusal = None

    def commit(self, repo_id, files):
        """Make a commit of these files the newest one of a repository, and give its hash."""
        repository = self.commits.setdefault(repo_id, {})
        commit = f"{len(repository) + 1:040x}"
        repository[commit] = files
        return commit

    def resolve(self, repo_id, revision):
        repository = self.commits[repo_id]
        return next(reversed(repository)) if revision == "main" else revision


class Answers(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.send_file(with_body=False)

    def do_GET(self):
        self.send_file(with_body=True)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        path = self.asked()
        if self.server.refusal:
            return self.refuse(*self.server.refusal)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            return self.refuse(401, "")
        if path == "/api/repos/create":
            asked = json.loads(body)
            repo_id = f"{asked['organization']}/{asked['name']}"
            self.server.created.append(asked)
            status = 409 if repo_id in self.server.commits else 200
            self.server.commits.setdefault(repo_id, {})
            return self.send(status, {"url": f"{self.server.url}/{repo_id}"})
        if path == "/api/validate-yaml":
            known = "license: nonsense" not in json.loads(body)["content"]
            return self.send(200, {}) if known else self.send(400, {"errors": [{"message": "unknown license"}]})
        repo_id, action = re.fullmatch("/api/models/([^/]+/[^/]+)/(preupload|commit)/main", path).groups()
        if action == "preupload":
            names = [file["path"] for file in json.loads(body)["files"]]
            modes = [{"path": name, "uploadMode": "regular", "shouldIgnore": False} for name in names]
            return self.send(200, {"files": modes})
        lines = [json.loads(line) for line in body.splitlines()]
        files = {line["value"]["path"]: line["value"]["content"] for line in lines if line["key"] == "file"}
        commit = self.server.commit(repo_id, {name: base64.b64decode(text) for name, text in files.items()})
        return self.send(200, {"commitUrl": f"{self.server.url}/{repo_id}/commit/{commit}", "commitOid": commit})

    def send_file(self, *, with_body):
        path = self.asked()
        if self.server.refusal:
            return self.refuse(*self.server.refusal)
        place = re.fullmatch("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        if place is None or place[1] not in self.server.commits:
            return self.refuse(404, "RepoNotFound")
        repo_id, revision, name = place.groups()
        commit = self.server.resolve(repo_id, revision)
        if commit not in self.server.commits[repo_id]:
            return self.refuse(404, "RevisionNotFound")
        content = self.server.commits[repo_id][commit].get(name)
        if content is None:
            return self.refuse(404, "EntryNotFound")
        etag = f'"{hash(content) & 0xFFFFFFFF:x}"'
        return self.send(200, content if with_body else b"", {"ETag": etag, "X-Repo-Commit": commit}, len(content))

    def asked(self):
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append((self.command, path))
        return path

    def refuse(self, status, code):
        self.send(status, b"", {"X-Error-Code": code})

    def send(self, status, content, headers=None, length=None):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args):
        pass


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub that huggingface_hub takes for the real one, with an empty cache and without anybody logged in."""
    server = FakeHub()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    monkeypatch.setattr(constants, "ENDPOINT", server.url)
    file_url = server.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", file_url)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "RS_CORE_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["HF_HUB_OFFLINE", "RS_CORE_OFFLINE"])
def offline(hub, monkeypatch, request):
    """The same, with one of the variables set that keep everything off the network; give its name and the hub."""
    monkeypatch.setenv(request.param, "1")
    return request.param, hub


@pytest.fixture(scope="module")
def pretrained():
    """A network so narrow that it is 1 MB."""
    torch.manual_seed(0)
    model = build_model(model_config("resnet_rs_50", blocks=(1, 1, 1, 1), num_classes=3, width_multiplier=0.125))
    return PretrainedModel(
        model=model.eval(),
        preprocessing=Preprocessing(resolution=32),
        class_names=("a", "b", "c"),
        origin=Origin(recipe="test"),
    )


@pytest.fixture(scope="module")
def files(pretrained, tmp_path_factory):
    """The three files of a hub folder by name."""
    folder = save_hub_folder(pretrained, tmp_path_factory.mktemp("hub") / "folder")
    return {name: (folder / name).read_bytes() for name in FILES}


def same(one, other):
    weights, others = one.model.state_dict(), other.model.state_dict()
    return weights.keys() == others.keys() and all(torch.equal(weights[key], others[key]) for key in weights)


def visibility(made):
    """What was asked when a repository was made: in huggingface_hub 1 a truth value, later a word."""
    return made.get("visibility", made.get("private"))


def test_what_is_pushed_can_be_pulled(hub, pretrained):
    url = push_to_hub(pretrained, "me/model", token=TOKEN, private=True, license="mit")
    assert url == f"{hub.url}/me/model"
    assert [(made["organization"], made["name"]) for made in hub.created] == [("me", "model")]
    assert visibility(hub.created[0]) in ("private", True)
    (pushed,) = hub.commits["me/model"].values()
    assert pushed.keys() == FILES
    card = pushed["README.md"].decode()
    assert "\n# model\n" in card
    assert 'timm.create_model("hf-hub:me/model", pretrained=True)' in card
    assert "license: mit\n" in card

    folder = pull_from_hub("me/model")
    again = load_pretrained(folder)
    assert same(again, pretrained)
    assert (again.preprocessing, again.class_names) == (pretrained.preprocessing, pretrained.class_names)
    assert {path.name for path in folder.iterdir()} == {"config.json", "model.safetensors"}


def test_pushing_again_adds_a_commit(hub, pretrained, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    push_to_hub(pretrained, "hf-hub:me/model")
    push_to_hub(pretrained, "me/model", license="mit")
    first, second = hub.commits["me/model"].values()
    # Whether a repository is public is its organisation's to say, unless it was asked to be private.
    assert visibility(hub.created[0]) is None
    assert b"license" not in first["README.md"]
    assert b"license: mit" in second["README.md"]


def test_what_is_cached_is_not_downloaded_again_and_serves_offline(hub, files, monkeypatch):
    hub.commit("me/model", files)
    folder = pull_from_hub("me/model")
    hub.requests.clear()
    assert pull_from_hub("me/model") == folder
    assert {method for method, _ in hub.requests} <= {"HEAD"}
    hub.requests.clear()
    monkeypatch.setenv("RS_CORE_OFFLINE", "1")
    assert pull_from_hub("me/model") == folder
    assert hub.requests == []


def test_a_revision_stands_after_the_name(hub, files):
    old = hub.commit("me/model", files)
    new = hub.commit("me/model", files | {"config.json": b'{"rs_core": {}}'})
    assert pull_from_hub("me/model").name == new
    assert pull_from_hub(f"me/model@{old}").name == old
    assert pull_from_hub(f"hf-hub:me/model@{old}").name == old


def test_both_files_are_of_one_commit_though_the_branch_moves_between_them(hub, files, monkeypatch):
    first = hub.commit("me/model", files)
    download = huggingface_hub.hf_hub_download

    def then_move(repo_id, filename, **options):
        path = download(repo_id, filename, **options)
        hub.commit("me/model", dict.fromkeys(files, b"other"))
        return path

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", then_move)
    folder = pull_from_hub("me/model")
    assert folder.name == first
    assert (folder / "model.safetensors").read_bytes() == files["model.safetensors"]


def test_timm_loads_it_from_the_hub(hub, pretrained, files):
    timm = pytest.importorskip("timm")
    hub.commit("me/model", files)
    theirs = timm.create_model("hf-hub:me/model", pretrained=True).eval()
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(theirs(images), pretrained.model(images))


def test_a_repository_that_is_not_there_is_named(hub):
    with pytest.raises(UserError, match=rf"^me/model: not on {hub.url}, or private; check the name, or log in"):
        pull_from_hub("me/model")


def test_a_revision_that_is_not_there_is_said_to_be_so(hub, files):
    hub.commit("me/model", files)
    with pytest.raises(UserError, match=r"^me/model: no such revision"):
        pull_from_hub("me/model@v9")


def test_a_repository_of_pickles_is_refused(hub, files):
    hub.commit("me/model", {"config.json": files["config.json"], "pytorch_model.bin": b"evil"})
    with pytest.raises(UserError, match=r"^me/model: no config\.json and model\.safetensors there; pickled weights"):
        pull_from_hub("me/model")


def test_restricted_access_says_where_to_ask(hub, files):
    hub.refusal = (403, "GatedRepo")
    with pytest.raises(UserError, match=rf"^me/model: access is restricted; ask for it at {hub.url}/me/model$"):
        pull_from_hub("me/model")


def test_offline_without_a_copy_is_one_line(offline):
    variable, hub = offline
    with pytest.raises(UserError, match=f"^me/model: offline because {variable} is set, and there is no copy in"):
        pull_from_hub("me/model")
    assert hub.requests == []


def test_pushing_offline_is_one_line(offline, pretrained):
    variable, hub = offline
    with pytest.raises(UserError, match=f"^me/model: cannot push while {variable} is set; unset it"):
        push_to_hub(pretrained, "me/model", token=TOKEN)
    assert hub.requests == []


def test_a_hub_that_does_not_answer_is_named(hub, pretrained, monkeypatch):
    nobody = hub.url
    hub.shutdown()
    hub.server_close()
    # huggingface_hub tries six times and waits in between.
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(UserError, match=rf"^me/model: cannot reach {nobody}, and there is no copy in"):
        pull_from_hub("me/model")
    with pytest.raises(UserError, match=rf"^me/model: cannot reach {nobody} \("):
        push_to_hub(pretrained, "me/model", token=TOKEN)


def test_pushing_without_a_token_sends_nothing(hub, pretrained):
    with pytest.raises(UserError, match=r"^me/model: no access token for the hub; log in with hf auth login"):
        push_to_hub(pretrained, "me/model")
    assert hub.requests == []


def test_a_token_that_may_not_write_is_refused(hub, pretrained):
    with pytest.raises(UserError, match=r"^me/model: .*token") as refused:
        push_to_hub(pretrained, "me/model", token="hf_wrong")
    assert "\n" not in str(refused.value)
    assert hub.commits == {}


@pytest.mark.parametrize("status", [403, 500])
def test_other_refusals_give_the_status(hub, pretrained, status):
    hub.refusal = (status, "")
    with pytest.raises(UserError, match=rf"^me/model: {hub.url} answered {status}") as refused:
        push_to_hub(pretrained, "me/model", token=TOKEN)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("repo_id", ["model", "me/model@v1", "./me/model", ""])
def test_pushing_needs_a_user_and_a_name(hub, pretrained, repo_id):
    with pytest.raises(UserError, match="cannot push there; give user/name"):
        push_to_hub(pretrained, repo_id, token=TOKEN)


def test_names_that_the_hub_forbids_are_refused(hub, pretrained):
    with pytest.raises(UserError, match=r"^me/a--b: not what the hub allows: .*me/a--b") as refused:
        pull_from_hub("me/a--b")
    assert "\n" not in str(refused.value)


def test_a_licence_that_the_hub_does_not_know_is_refused_and_nothing_pushed(hub, pretrained):
    with pytest.raises(UserError, match=r"^me/model: not what the hub allows: .*unknown license$"):
        push_to_hub(pretrained, "me/model", token=TOKEN, license="nonsense")
    assert hub.commits["me/model"] == {}


@pytest.mark.parametrize(
    ("text", "hub_id"),
    [
        ("hf-hub:timm/resnetrs50.tf_in1k", "timm/resnetrs50.tf_in1k"),
        ("hf_hub:me/model", "me/model"),
        ("me/model@refs/pr/1", "me/model@refs/pr/1"),
        ("resnet_rs_50", ""),
        ("./me/model", ""),
        ("/me/model", ""),
        ("me/model/model.safetensors", ""),
        ("me/model ", ""),
        ("", ""),
    ],
)
def test_ids_of_the_hub_are_told_from_other_names(text, hub_id):
    assert parse_hub_id(text) == hub_id


@pytest.mark.parametrize("text", ["hf-hub:", "hf-hub:model", "hf-hub:hf-hub:me/model", "hf-hub:/me/model"])
def test_the_prefix_before_anything_else_is_refused(text):
    with pytest.raises(UserError, match="not an id of the hub; give hf-hub:user/name"):
        parse_hub_id(text)


def test_without_huggingface_hub_ids_are_still_told_and_a_pull_says_what_to_install():
    program = """
import sys
sys.modules["huggingface_hub"] = None
from rs_core.errors import UserError
from rs_core.weights.hub import parse_hub_id, pull_from_hub
assert parse_hub_id("me/model") == "me/model"
try:
    pull_from_hub("me/model")
except UserError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    needed = "the Hugging Face hub needs huggingface_hub, which is not installed: pip install 'rs-core[hub]'"
    assert done.stdout.strip() == needed
