"""An index of lists: whole files or parts of files, with labels and other numbers."""

import numpy as np
import pytest

from rs_core.data.index import csv_table, open_index
from rs_core.data.index.build import BuildConfig
from rs_core.data.index.build_list import index_lists


@pytest.fixture
def build(tmp_path, write_tar):
    """Write a list beside a shard and two files, index it, and give the index."""
    write_tar("a.tar", [("0.jpg", b"zero"), ("1.jpg", b"one")])
    (tmp_path / "x.jpg").write_bytes(b"file x")
    (tmp_path / "y.jpg").write_bytes(b"file y")

    def run(*texts, **config):
        paths = [tmp_path / f"{i}.csv" for i in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        index_lists(list(map(str, paths)), tmp_path / "index", BuildConfig(**config))
        return open_index(tmp_path / "index")

    return run


def test_parts_of_shards_are_rows_in_the_order_of_the_list(build, tmp_path):
    index = build("shard,offset,length,label\na.tar,1536,3,7\na.tar,512,4,0\n")
    assert [index.read(row) for row in range(2)] == [b"one", b"zero"]
    assert index.name(0) == f"{tmp_path}/a.tar: 1.jpg"
    assert (index.labels.tolist(), len(index.class_names)) == ([7, 0], 8)


def test_whole_files_and_names_of_classes(build, tmp_path):
    index = build('\ufefffile,label\r\ny.jpg,"owl, snowy"\r\n\r\nx.jpg,cat\r\n')
    assert [index.read(row) for row in range(2)] == [b"file y", b"file x"]
    assert index.name(0) == f"{tmp_path}/y.jpg"
    assert (index.class_names, index.labels.tolist()) == (("cat", "owl, snowy"), [1, 0])


def test_other_numbers_become_columns_and_other_texts_are_passed_over(build):
    index = build("file,weight,url\nx.jpg,0.5,http://a\ny.jpg,2,http://b\n")
    assert list(index.columns) == ["weight"]
    assert index.columns["weight"].tolist() == [0.5, 2.0]
    assert index.labels.tolist() == [-1, -1]


def test_an_empty_label_or_minus_one_is_none(build):
    assert build("file,label\nx.jpg,\ny.jpg,-1\n").labels.tolist() == [-1, -1]
    assert build("file,label\nx.jpg,1\ny.jpg,2\n", with_labels=False).class_names == ()


def test_lists_follow_each_other(build):
    index = build("file,label\nx.jpg,b\n", "file,label\ny.jpg,a\n")
    assert (index.labels.tolist(), index.read(1)) == ([1, 0], b"file y")


def test_pieces_of_a_list_join_seamlessly(build, monkeypatch, tmp_path):
    monkeypatch.setattr(csv_table, "PIECE_ROWS", 3)
    rows = [f"a.tar,{offset},1,{offset % 5}" for offset in range(20)]
    index = build("shard,offset,length,label\n" + "\n".join(rows))
    assert index.source.offset.tolist() == list(range(20))
    assert index.labels.tolist() == [offset % 5 for offset in range(20)]
    assert index.source.files.num_rows.tolist() == [20]


def test_names_start_from_a_given_root(build, tmp_path):
    build("file\nx.jpg\n")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/l.csv").write_text(f"file\nx.jpg\n{tmp_path}/y.jpg\n")
    index_lists([str(tmp_path / "lists/l.csv")], tmp_path / "index", BuildConfig(), root=str(tmp_path))
    assert open_index(tmp_path / "index").read_rows(np.arange(2)) == [b"file x", b"file y"]


def test_class_names_beside_the_list_are_taken(build, tmp_path):
    (tmp_path / "classes.txt").write_text("ten\ntwo\n")
    assert build("file,label\nx.jpg,1\n").class_names == ("ten", "two")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": the columns are "),
        ("path,label\nx.jpg,0\n", ": the columns are path,label; give file,label for whole files or shard,"),
        ("shard,label\na.tar,0\n", "a shard needs offset and length"),
        ("file,file\nx.jpg,x.jpg\n", "two columns are called 'file'"),
        ("file,a b\nx.jpg,1\n", "a column is called 'a b'; use letters, digits and _"),
        ("file,label\n", "no rows below the header"),
        ("file,label\nx.jpg,0\ny.jpg\n", ", row 3: 1 fields instead of 2"),
        ("file,label\nx.jpg,0\n\nno.jpg,1\n", ", row 4: "),
        ("file,label\nx.jpg,0\ny.jpg,cat\n", ", row 3: label 'cat' is a name, unlike that of "),
        ("file\nx.jpg\nx.jpg\n", ", row 3: 'x.jpg' is in the list already"),
        ("file,weight\nx.jpg,1\ny.jpg,heavy\n", ", row 3: weight is 'heavy'; give a number"),
        ("shard,offset,length\na.tar,0.5,1\n", ", row 2: offset is '0.5'; give a whole number"),
        ("shard,offset,length\na.tar,10000,241\n", ", row 2: bytes 10,000 to 10,241 of a.tar, which has 10,240"),
        ("shard,offset,length\na.tar,-1,1\n", ", row 2: bytes -1 to 0"),
        ("shard,offset,length\na.tar,9223372036854775807,1\n", ", row 2: bytes 9,223,372,036,854,775,807"),
        ("shard,offset,length\na.tar,0,1\na.tar,9,1\na.tar,0,2\n", ", row 4: the sample at byte 0 of 'a.tar' is in"),
    ],
)
def test_a_faulty_list_is_refused_with_the_row(build, refusal, text, message):
    refused = refusal(build, text)
    assert "0.csv" in refused
    assert message in refused


def test_lists_that_differ_in_their_columns_are_refused(build, refusal):
    assert "1.csv: has other columns (none) than" in refusal(build, "file,weight\nx.jpg,1\n", "file\ny.jpg\n")


def test_a_file_that_is_no_text_is_refused(tmp_path, refusal):
    (tmp_path / "a.csv").write_bytes(b"file\n\xff\xfe\n")
    message = refusal(index_lists, [str(tmp_path / "a.csv")], tmp_path / "index", BuildConfig())
    assert "a.csv: not a CSV table in UTF-8" in message


def test_a_shard_that_changed_since_it_was_listed_is_named(build, tmp_path, refusal):
    (tmp_path / "shards.csv").write_text("shard,bytes,crc32,rows\na.tar,5120,1,2\n")
    message = refusal(build, "shard,offset,length\na.tar,512,4\n")
    assert "0.csv, row 2: " in message
    assert "a.tar: has 10,240 bytes, and shards.csv says 5,120" in message
