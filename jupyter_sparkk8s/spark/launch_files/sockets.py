"""The kernel's sockets for readers that are far away: they may be cut off for a while, and they may vanish."""

from __future__ import annotations

from typing import Any

# Messages kept for a reader that does not read. Above this ZeroMQ drops, in silence, and a cell whose end is dropped never ends
# for its notebook. ZeroMQ's own 1,000 are two minutes of a progress bar. These are as many as a busy loop of `display` makes in
# 10 to 30 s, and cost 110 MB then (measured); without a limit such a loop would cost the driver its life.
UNREAD = 100_000
# A client whose machine is gone says no goodbye: an idle connection without an answer is closed after ten minutes.
IDLE_S, EVERY_S, TIMES = 300, 30, 10


def patient(application: Any) -> Any:
    """The kernel's application class with these options on each socket that it binds."""

    class PatientKernelApp(application):  # type: ignore[misc]
        def _bind_socket(self, socket: Any, port: int) -> Any:
            socket.sndhwm = UNREAD
            socket.tcp_keepalive, socket.tcp_keepalive_idle = 1, IDLE_S
            socket.tcp_keepalive_intvl, socket.tcp_keepalive_cnt = EVERY_S, TIMES
            return super()._bind_socket(socket, port)

    return PatientKernelApp
