"""A .tar.gz from an address, unpacked beside it."""

import gzip
import json
import shutil
import tarfile
import zlib
from pathlib import Path

from rs_core.atomic import write_text_atomically
from rs_core.errors import UserError
from rs_core.weights.download.cache import cached_path, one_process_at_a_time
from rs_core.weights.download.file import fetch

SUFFIX = ".tar.gz"

CHUNK_BYTES = 1 << 20


def fetch_archive(
    url: str,
    cache_dir: Path | None = None,
    *,
    num_bytes: int | None = None,
    sha256: str | None = None,
    md5: str | None = None,
) -> Path:
    """Give the local folder of an unpacked ``.tar.gz``, after a download the first time.

    Later uses compare the sizes of the unpacked files with those of the archive, which may be deleted.

    Args:
        url: http(s) address of the archive.
        cache_dir: root of the cache, ``None`` for ``cache_folder()``.
        num_bytes: published size of the archive.
        sha256: its published checksum, hexadecimal, whole or the first digits.
        md5: its published checksum, hexadecimal.

    Raises:
        UserError: the archive cannot be had or unpacked, or an unpacked file is missing or of another size.
    """
    folder = unpacked_path(cached_path(url, cache_dir))
    if not folder.is_dir():
        archive = fetch(url, cache_dir, num_bytes=num_bytes, sha256=sha256, md5=md5)
        with one_process_at_a_time(folder):
            # Another process may have unpacked it meanwhile.
            if not folder.is_dir():
                unpack(archive, folder)
    check_unpacked(folder)
    return folder


def unpacked_path(archive: Path) -> Path:
    """Give the folder of an unpacked archive."""
    return archive.with_name(archive.name.removesuffix(SUFFIX))


def unpack(archive: Path, folder: Path) -> None:
    """Unpack an archive under a temporary name; ``folder`` appears when all of it is there.

    Raises:
        UserError: it is damaged, holds anything but files and folders below its root, or the disk is full.
    """
    unpacking = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(unpacking, ignore_errors=True)  # left by a process that was killed
    try:
        with gzip.open(archive) as stream:
            extract_files(stream, unpacking)
            # The checksum stands at the very end, behind what a tar reader reads.
            while stream.read(CHUNK_BYTES):
                pass
        write_text_atomically(sizes_path(folder), json.dumps(sizes(unpacking), indent=2) + "\n")
        unpacking.rename(folder)
    except (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise UserError(f"{archive} cannot be unpacked: {error}; delete it to download it again") from None
    except OSError as error:
        raise UserError(f"cannot unpack {archive}: {error.strerror}; make room or set RS_CORE_CACHE") from None
    finally:
        shutil.rmtree(unpacking, ignore_errors=True)


def extract_files(stream: gzip.GzipFile, folder: Path) -> None:
    """Unpack a tar into a folder.

    Raises:
        tarfile.FilterError: it holds anything but files and folders below its root.
    """
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for member in archive:
            if not (member.isfile() or member.isdir()):
                raise tarfile.SpecialFileError(member)
            archive.extract(member, folder, filter="data")


def check_unpacked(folder: Path) -> None:
    """Compare the files in a folder with those that were unpacked; a folder put there by hand is taken as it is.

    Raises:
        UserError: one is missing or of another size.
    """
    if not sizes_path(folder).exists():
        return
    found = sizes(folder)
    for name, size in read_sizes(folder).items():
        if found.get(name) != size:
            state = f"has {found[name]} bytes instead of {size}" if name in found else "is missing"
            raise UserError(f"{folder / name} {state}; delete {folder} to unpack it again")


def read_sizes(folder: Path) -> dict[str, int]:
    """Read what was recorded about a folder.

    Raises:
        UserError: the record is damaged.
    """
    try:
        return dict(json.loads(sizes_path(folder).read_text("utf-8")))
    except (ValueError, TypeError):
        raise UserError(f"{sizes_path(folder)} is damaged; delete it and {folder} to unpack it again") from None


def sizes_path(folder: Path) -> Path:
    """Give the place of the sizes of unpacked files."""
    return folder.with_name(f".{folder.name}.files.json")


def sizes(folder: Path) -> dict[str, int]:
    """Give the size in bytes of each file in a folder, by its path there."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}
