"""Files: whole or not at all, for their owner alone, and never over another by accident (THREATS X3)."""

import errno
import io
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from store.cleantext import clean
from store.errors import BadInput, Problem, Refused
from store.files import takes_from_reserve

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_LOOKED_AT_EACH = 1_000_000
# a name in bytes may be four times as long as in characters, and ends at 255
_NAME_KEPT = 40
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FULL = "the disk is full. Free some space, or choose another folder"
_FORBIDDEN = "you may not write in the folder {folder}. Choose another one"
_WHY = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "your share of the disk is used up. Free some space, or choose another folder",
    errno.EFBIG: "the file would be larger than is allowed here. Filter the table first",
    errno.EACCES: _FORBIDDEN,
    errno.EPERM: _FORBIDDEN,
    errno.EROFS: "nothing can be written on that disk. Choose another folder",
    errno.ENOENT: "there is no folder {folder}. Make it first, or choose another one",
    errno.ENOTDIR: "{folder} is no folder. Choose another one",
    errno.EISDIR: "it is a folder. Give a file in it a name",
    errno.ENAMETOOLONG: "the name is too long. Give a shorter one",
}


@contextmanager
def written(target: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file that appears under its name, mode 0600, only when all is written; whatever goes wrong, it is removed.

    A symbolic link under that name is never followed: it is refused, with `force` replaced.
    Raises Refused `exists` unless `force`, BadInput when the path names no file, Problem when the disk refuses.
    """
    if not target.name or "\0" in str(target):
        raise BadInput(f"“{clean(target, limit=80)}” is no file name. Give the file a name.")
    if not force and os.path.lexists(target):
        raise exists(target)
    draft = target.with_name(f".{target.name[:_NAME_KEPT]}.{secrets.token_hex(4)}.part")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with io.BufferedWriter(_Sparing(descriptor, "wb"), _LOOKED_AT_EACH) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            _publish(draft, target, force=force)
        finally:
            with suppress(FileNotFoundError):
                draft.unlink()
    except OSError as error:
        raise Problem(f"{clean(target)} was not written: {_why(error, target)}.") from error


class _Sparing(io.FileIO):
    """Ends, as on a full disk, before it takes what is left of the store's disk for mail (THREATS D8)."""

    def write(self, data: "ReadableBuffer", /) -> int:
        if takes_from_reserve(self.fileno()):
            raise OSError(errno.ENOSPC, "")
        return super().write(data)


def write_text(target: Path, lines: Iterable[str], *, force: bool = False) -> None:
    """Writes lines of text to a file, as carefully as an export.  Raises as `written`."""
    with written(target, force=force) as file:
        write_lines(file, lines)


def write_pieces(target: Path, pieces: Iterable[bytes]) -> None:
    """Writes a file as carefully as an export.  Raises as `written`."""
    with written(target, force=False) as file:
        file.writelines(pieces)


def write_lines(file: IO[bytes], lines: Iterable[str], end: str = "\n") -> None:
    """Writes lines as UTF-8."""
    for line in lines:
        file.write((line + end).encode("utf-8", "replace"))


def _publish(draft: Path, target: Path, *, force: bool) -> None:
    """A link fails where a rename would write over: whoever was faster keeps his file."""
    if force:
        draft.replace(target)
        return
    try:
        os.link(draft, target)
    except FileExistsError as error:
        raise exists(target) from error
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _claim(draft, target)


def _claim(draft: Path, target: Path) -> None:
    """For disks without links, as memory sticks are: takes the name with an empty file, then puts the draft there."""
    try:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except FileExistsError as error:
        raise exists(target) from error
    draft.replace(target)


def exists(target: Path) -> Refused:
    """What is raised where a file would be written over."""
    return Refused("exists", f"{clean(target)} exists already; write over it with --force, or take another name.")


def _why(error: OSError, target: Path) -> str:
    known = _WHY.get(error.errno or 0)
    return known.format(folder=clean(target.parent)) if known else clean(error.strerror or error)
