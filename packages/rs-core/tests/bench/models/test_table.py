"""What a terminal shows."""

from rs_core.bench.models.rows import GROUPS
from rs_core.bench.models.table import report_text


def test_the_whole_table_of_the_paper_fits_120_columns(make_report):
    rows = [str(row) for name in ("table7", "efficientnet_rs") for row in GROUPS[name]]
    text = report_text(make_report(dict.fromkeys(rows, 123.456)))
    assert max(map(len, text.splitlines())) <= 120


def test_measured_and_published_figures_stand_in_it(report):
    text = report_text(report)
    (costs,) = (line for line in text.splitlines() if line.startswith("resnet_rs_101@160") and "80.3" in line)
    assert costs.split()[1:6] == ["35.69", "4.56", "2.28", "6.2", "64"]
    (times,) = (line for line in text.splitlines() if line.split()[1:2] == ["8"] and "rs_101" in line)
    assert times.split() == ["resnet_rs_101@160", "8", "400", "2.0", "20", "256"]
    assert "training cpu float32 channels_last eager" in text


def test_a_row_without_memory_says_why(report):
    text = report_text(report)
    assert "efficientnet_b4@380: out of memory; killed <by> the system" in text


def test_the_ratio_of_a_pair_ends_its_setting(report):
    assert report_text(report).splitlines()[-1].startswith("  resnet_rs_101@160 is 2.00 ± 0.06 times as fast as")


def test_what_is_read_off_a_figure_or_your_own_is_marked(make_report):
    text = report_text(make_report({"efficientnet_rs_b4@224": 0.1, "resnet_18@32": 0.1}, {"resnet_18@32": 71.0}))
    assert "~260" in text
    assert "~81.25" in text
    assert "71*" in text
    assert "~ is read off the paper's figure 5\n* is your own" in text
