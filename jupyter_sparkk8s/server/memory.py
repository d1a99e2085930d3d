"""What large messages take of the server's memory goes back to the system when they have passed."""

from __future__ import annotations

import ctypes

# Source: mallopt(3). The default is the same, but grows up to 32 MB with the blocks that are freed: after 100 MB of output a
# server kept 100 MB for itself (glibc 2.36), whatever the kernel. One that is set stays.
_M_MMAP_THRESHOLD, _BYTES = -3, 128 * 1024


def return_large_blocks() -> None:
    """For this process, where the C library is glibc; elsewhere nothing."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version") and hasattr(libc, "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _BYTES)
