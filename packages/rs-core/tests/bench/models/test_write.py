"""Pictures and page of a report; the page in a browser where there is one."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import matplotlib as mpl
import pytest
from PIL import Image

from rs_core.bench.models.report_file import read_report
from rs_core.bench.models.rows import Row
from rs_core.bench.models.write import check_folder, write_pictures

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PICTURE = "pareto_training_cpu_float32_channels_last_eager"


@pytest.fixture
def written(report, tmp_path):
    write_pictures(report, tmp_path / "out")
    return tmp_path / "out"


def test_every_setting_has_a_picture_as_png_and_svg(written):
    assert sorted(path.name for path in written.iterdir()) == [
        "bench.html",
        "bench.json",
        f"{PICTURE}.png",
        f"{PICTURE}.svg",
    ]
    assert Image.open(written / f"{PICTURE}.png").size == (1140, 720)
    words = " ".join(ElementTree.parse(written / f"{PICTURE}.svg").getroot().itertext())
    for word in ("RS-101@160", "B2@260", "RS-152@224", "frontier", "ImageNet top-1 in %"):
        assert word in words


def test_pictures_are_the_same_to_the_byte_when_made_again_of_the_figures(written, tmp_path):
    write_pictures(read_report(written / "bench.json"), tmp_path / "again")
    for path in written.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_drawing_leaves_no_setting_of_matplotlib_behind(report, tmp_path):
    before = dict(mpl.rcParams)
    write_pictures(report, tmp_path)
    assert dict(mpl.rcParams) == before


def test_a_report_without_accuracies_has_a_page_and_no_picture(make_report, tmp_path):
    paths = write_pictures(make_report({"resnet_18@32": 0.1}), tmp_path)
    assert [path.name for path in paths] == ["bench.html", "bench.json"]


def test_the_page_needs_nothing_besides_itself(written):
    text = (written / "bench.html").read_text()
    assert not re.search(r"""(src|href|@import|url)\s*[=(]\s*["']?(https?:|//|\w+\.(js|css))""", text)
    addresses = {name for name in re.findall(r'https?://[^"\s]+', text) if not name.startswith("http://www.w3.org/")}
    assert not addresses


def test_the_page_escapes_what_it_is_given(written):
    text = (written / "bench.html").read_text()
    assert "Some &amp; Co. &lt;fast&gt;" in text
    assert "killed &lt;by&gt; the system" in text


def test_a_file_in_the_way_is_found_before_the_measurement(tmp_path, refusal):
    (tmp_path / "taken").touch()
    assert refusal(check_folder, tmp_path / "taken").endswith("is a file; name a folder for the pictures")


@pytest.fixture
def rows_in_browser(written, tmp_path):
    """Gives what opens the page at an address within it, and the rows of its table from top to bottom."""
    found = [path for path in map(shutil.which, BROWSERS) if path]
    if not found:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")

    def rows(fragment):
        # No network: whatever is asked of a host, the proxy that is not there is asked for it.
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--proxy-server=127.0.0.1:9", "--dump-dom")
        profile = f"--user-data-dir={tmp_path / 'profile'}"
        address = f"file://{written / 'bench.html'}{fragment}"
        done = subprocess.run(
            [found[0], *options, profile, address], capture_output=True, text=True, check=True, timeout=120
        )
        (head,) = re.findall(r'<th data-column="(\w+)"[^>]*aria-sort="\w+"', done.stdout) or [None]
        body = done.stdout[done.stdout.index("<tbody>") :]
        names = re.findall(r"<tr[^>]*><td[^>]*>([^<]+)", body)
        return head, [Row(*name.split(" ")[0].split("@")).model for name in names]

    return rows


def test_a_browser_sorts_the_table_and_leaves_rows_without_a_figure_at_the_end(rows_in_browser):
    ascending = ["resnet_18", "resnet_rs_101", "efficientnet_b2", "resnet_rs_152", "efficientnet_b4"]
    assert rows_in_browser("#sort=latency") == ("latency", ascending)
    assert rows_in_browser("#sort=-latency") == ("latency", [*ascending[-2::-1], ascending[-1]])


def test_a_browser_shows_the_table_as_it_was_measured_first(rows_in_browser):
    column, rows = rows_in_browser("")
    assert column is None
    assert rows[:2] == ["resnet_rs_101", "efficientnet_b2"]
