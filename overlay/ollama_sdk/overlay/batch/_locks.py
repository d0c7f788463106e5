"""A lock on an open file that ends with the process that holds it.

The lock is the system's own, on the file itself: no library is needed, no lock file stays behind, and a process that is
killed leaves nothing to clear away. (filelock does the same with a second file beside the first.)
"""

from __future__ import annotations

import sys
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    _BEYOND_THE_END = 1 << 40  # a lock on Windows keeps others from reading what is locked

    def lock(file: BinaryIO) -> bool:
        """Lock a file; return False when another process, or another part of this one, has locked it."""
        file.seek(_BEYOND_THE_END)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        finally:
            file.seek(0)
        return True

else:
    try:
        import fcntl
    except ImportError:  # in a browser, where there are no other processes
        fcntl = None  # type: ignore[assignment]

    def lock(file: BinaryIO) -> bool:
        """Lock a file; return False when another process, or another part of this one, has locked it."""
        if fcntl is None:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
