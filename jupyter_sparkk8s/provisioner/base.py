"""The life of one kernel as jupyter_client leads it, over any backend. Leaves out where drivers run."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.provisioning.provisioner_base import KernelProvisionerBase

from ..backends.base import LaunchRequest
from ..backends.connection import ports_of
from ..errors import ConfigurationError, StartCancelled
from .pending import Pending, note_activity
from .registry import shared_lives, shared_starts
from .report import Report
from .restarts import give_up, report_dead, watch_again
from .short_errors import shorten

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

    from ..backends.base import Backend, ConnectionInfo, Driver


# A kernel that dies of the same cause so often is not started again: the next cell, or Spark itself, would end it once more.
_DEATHS = 2


class SparkProvisioner(KernelProvisionerBase):
    """One per kernel; a restart is a new driver of the same provisioner."""

    _driver: Driver | None = None
    _stanza: dict[str, Any]  # what the kernelspec's ``config`` holds
    _launch = 0
    _ending = False  # whether the driver's end was asked for, or has been told
    _died = False  # whether the driver before this launch ended by itself

    def __init__(self, **kwargs: Any) -> None:
        # jupyter_client passes the kernelspec's stanza as arguments, which traitlets would set over the administrator's.
        ours = {"kernel_id", "kernel_spec", "parent", "config", "log"}
        self._stanza = {name: kwargs.pop(name) for name in set(kwargs) - ours}
        super().__init__(**kwargs)
        self._pending = Pending(self, self.cancel_start)
        self._report = Report(self, shared_lives(self))

    @abstractmethod
    def backend(self) -> Backend:
        """The backend of this server."""

    @property
    def has_process(self) -> bool:
        """Whether there is a driver that has not been waited for."""
        return self._driver is not None

    async def poll(self) -> int | None:
        """None while the driver lives. The restarter asks each 3 s: so it is here that a death is noticed."""
        code = 0 if self._driver is None else self._driver.poll()
        if code is not None and self._driver is not None and not self._ending:
            self._ending = self._died = True
            if self._report.died(self._driver.death(), most=_DEATHS):
                give_up(self)
                await self.cleanup()
        return code

    async def wait(self) -> int | None:
        """Wait for the driver's end."""
        return 0 if self._driver is None else await self._driver.wait()

    async def send_signal(self, signum: int) -> None:
        """Pass a signal on where the backend can."""
        if self._driver is not None:
            await self._driver.send_signal(signum)

    async def shutdown_requested(self, restart: bool = False) -> None:
        """The kernel was asked to end, by message."""
        self._end_asked()
        if self._driver is not None:
            await self._driver.shutdown_requested()

    async def kill(self, restart: bool = False) -> None:
        """End the driver now."""
        self._end_asked()
        if self._driver is not None:
            await self._driver.kill()

    async def terminate(self, restart: bool = False) -> None:
        """Ask the driver to end."""
        self._ending = True
        if self._driver is not None:
            await self._driver.terminate()

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind. Called after every end, before a restart too; and in the middle of a start by clients that are
        told to end (nbclient by SIGINT or SIGTERM).
        """
        self._end_asked()
        if not restart:
            await self.cancel_start()
            if not self._died:
                self._report.end()
        driver, self._driver = self._driver, None
        if driver is not None:
            await driver.close()

    def _end_asked(self) -> None:
        self._ending = True
        self._pending.ending()

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """What the launch needs. The command is the backend's own; jupyter_client wants one all the same."""
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start a driver. Raises a SparkK8sError in words, with nothing left behind."""
        self._launch += 1
        self._report.begin(self._launch, kwargs.get("env") or {}, anew=not self._died)
        self._died = False
        try:
            if self._pending.is_cancelled:
                raise StartCancelled
            driver = self.backend().driver(self._request(kwargs))
            self._report.drives(driver)
            info = await shared_starts(self).run(self.kernel_id, driver.start())
        except (Exception, asyncio.CancelledError) as error:
            shorten(self.log)
            self._pending.forget()
            self._report.failed(error)
            if self._launch > 1 and isinstance(error, Exception):
                if not isinstance(error, StartCancelled):  # which is told as that
                    self._report.restart_failed(error)
                report_dead(self, error)
            raise
        self._driver, self._ending = driver, False
        self.connection_info = cast(
            "KernelConnectionInfo", info
        )  # rebound, since the class attribute is shared by all provisioners
        return self.connection_info

    async def post_launch(self, **kwargs: Any) -> None:
        """The kernel runs, and jupyter_client knows its ports."""
        watch_again(self)
        note_activity(self)
        self._report.started()

    def _request(self, kwargs: dict[str, Any]) -> LaunchRequest:
        assert self.parent is not None
        session = self.parent.session
        return LaunchRequest(
            kernel_id=self.kernel_id,
            key=session.key,
            signature_scheme=session.signature_scheme,
            launch=self._launch,
            environ=dict(kwargs.get("env") or {}),
            cwd=kwargs.get("cwd"),
            profile=self._profile(),
            avoid_ports=ports_of(cast("ConnectionInfo", self.connection_info)),
            on_phase=self._report.phase,
        )

    def _profile(self) -> str | None:
        """The profile that the kernelspec names. Raises ConfigurationError for anything else in its ``config`` stanza."""
        if unknown := sorted(set(self._stanza) - {"profile"}):
            raise ConfigurationError(
                f"The kernelspec {self.kernel_spec.display_name!r} sets {', '.join(unknown)} in its config stanza, where only "
                "'profile' may stand. Set the rest in c.SparkK8s, in jupyter_server_config.py."
            )
        name = self._stanza.get("profile")
        return str(name) if name else None

    async def cancel_start(self) -> bool:
        """End a start that is under way; whether there was one."""
        return await shared_starts(self).cancel(self.kernel_id)

    def get_shutdown_wait_time(self, recommended: float = 5.0) -> float:
        """Seconds until a kernel that was asked to shut down is killed: half of it for Spark's own end."""
        return max(recommended, 6.0)
