"""A cell's own SparkContext or builder in a notebook whose context is there already: while nobody has used that one, the
cell's takes its place, with a JVM of its own where its settings need one. Later, a line says which settings came too late.
"""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
import threading
import traceback
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ANEW = "Spark starts anew with the settings of this cell."
TOO_LATE = (
    "Too late for {}: this notebook's Spark is in use. "
    "Restart the kernel and set such things in the first cell, or ask your administrator for a profile."
)
_NO_USE = ("stop", "setSystemProperty", "getSystemProperty")
STOPPED = "This SparkSession was stopped. A new one: spark = SparkSession.builder.getOrCreate()"


class Contexts:
    """Of one notebook. A context is unused as long as nothing but settings was asked of its JVM: then nobody has anything
    that could be lost with it, and who kept the object itself finds the new one in it.
    """

    def __init__(self, settings: Any, rename: Callable[..., None], failure: Callable[[BaseException], BaseException]) -> None:
        self._settings, self._rename, self._failure = settings, rename, failure
        self._unused: Any = None  # the context
        self._unused_jvm: Any = None  # its gateway
        self._last: tuple[Any, Any] = (None, None)  # session and context, the latest that were made
        self._local = threading.local()
        self._lock = threading.RLock()  # who asks while the session is in the making waits, and is then told of it
        self._said: set[Any] = set()

    def join(self, pyspark: Any) -> None:
        """Once pyspark is imported: stand before what makes contexts and sessions, and see every call into the JVM."""
        if not hasattr(pyspark, "SparkContext"):
            return  # pyspark-client, which knows Spark Connect alone
        from pyspark.sql import SparkSession

        self._context_class: Any = pyspark.SparkContext
        self._session_class: Any = SparkSession
        self._see_use(sys.modules["py4j.java_gateway"].GatewayClient)
        self._stand_before_init(pyspark.SparkContext)
        get_or_create = pyspark.SparkContext.getOrCreate.__func__
        pyspark.SparkContext.getOrCreate = classmethod(self._before(get_or_create, lambda _, conf=None: conf))
        for name in ("getOrCreate", "create"):
            if hasattr(SparkSession.Builder, name):
                make = getattr(SparkSession.Builder, name)
                setattr(SparkSession.Builder, name, self._before(make, lambda builder: builder))

    def after_cell(self, result: Any) -> None:
        """Say it where a cell failed because Spark was stopped."""
        error, session = result.error_in_exec, self._last[0]
        if error is not None and session is not None and session._sc._jsc is None and _is_of_stopped(error):
            print(STOPPED, file=sys.stderr)

    # ---- what counts as use

    def _see_use(self, cls: Any) -> None:
        send = cls.send_command

        @wraps(send)
        def send_command(client: Any, command: str, *args: Any, **kwargs: Any) -> Any:
            # Commands that begin with m let go of objects.
            unused = self._unused_jvm is not None and not self._is_busy()
            if unused and not command.startswith("m\n") and _is_use(sys._getframe(1)):
                self._unused = self._unused_jvm = None
            return send(client, command, *args, **kwargs)

        cls.send_command = send_command

    def _is_busy(self) -> bool:
        return getattr(self._local, "busy", False)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        """What this thread asks of the JVM meanwhile is no use of it."""
        self._local.busy = True
        try:
            yield
        finally:
            self._local.busy = False

    # ---- what makes contexts and sessions

    def _before(self, make: Callable[..., Any], settings_of: Callable[..., Any]) -> Callable[..., Any]:
        """Stand before a function that gives the session or context that there is, or makes one."""

        @wraps(make)
        def get_or_create(*args: Any, **kwargs: Any) -> Any:
            if self._is_busy():
                return make(*args, **kwargs)
            asked = settings_of(*args, **kwargs)
            if _connects(getattr(asked, "_options", {})):
                return make(*args, **kwargs)
            with self._lock, self._busy():
                return self._make(lambda: make(*args, **kwargs), self._allowed(asked), self._active())

        return get_or_create

    def _stand_before_init(self, cls: Any) -> None:
        init = cls.__init__
        signature = inspect.signature(init)

        @wraps(init)
        def __init__(context: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
            given = dict(list(signature.bind(context, *args, **kwargs).arguments.items())[1:])
            if self._is_busy() or given.get("gateway") or given.get("jsc"):
                init(context, *args, **kwargs)
                return
            with self._lock, self._busy():
                active = self._active()
                if active is not None and active is not self._unused:
                    init(context, *args, **kwargs)  # pyspark's error
                    return
                asked = self._asked_by(given)
                if "spark.master" not in asked:
                    given.pop("master", None)
                self._make(lambda: init(context, **given) or context, asked, active, context)
                cell = sys._getframe(1)  # pyspark takes this file for the one that made it
                context._callsite = context._callsite._replace(file=cell.f_code.co_filename, linenum=cell.f_lineno)

        cls.__init__ = __init__

    def _asked_by(self, given: dict[str, Any]) -> dict[str, Any]:
        """The settings in the arguments of a SparkContext."""
        asked = self._allowed(given.get("conf"))
        words = {"spark.master": given.get("master"), "spark.app.name": given.get("appName")}
        words.update({f"spark.executorEnv.{name}": value for name, value in (given.get("environment") or {}).items()})
        asked.update(self._allowed({name: word for name, word in words.items() if word}))
        return asked

    def _active(self) -> Any:
        context = self._context_class._active_spark_context
        return context if context is not None and getattr(context, "_jsc", None) is not None else None

    def _allowed(self, holder: Any) -> dict[str, Any]:
        """The settings that a builder, a SparkConf or a dict holds, without those that are left out, there as well."""
        options = getattr(holder, "_options", holder)
        asked = {} if holder is None else dict(options) if isinstance(options, dict) else dict(holder.getAll())
        for name, reason in self._settings.left_out(asked).items():
            self._say(f"{name}={asked.pop(name)} is left out: {reason}")
            if isinstance(options, dict):
                del options[name]
            elif holder._jconf is None:
                del holder._conf[name]
            else:
                holder.set(name, self._settings.defaults()[name])
        return asked

    def _make(self, make: Callable[[], Any], asked: dict[str, Any], active: Any, new: Any = None) -> Any:
        """Call ``make``, with room made for it where that is wanted and allowed; ``new`` is a context in the making."""
        late = self._late(asked, active)
        free, jvm_is_free = active is None or active is self._unused, self._context_class._gateway is self._unused_jvm
        wanted = [each for each in late if free and (jvm_is_free or not each.needs_jvm)]
        self._warn([each for each in late if each not in wanted])
        if active is None or wanted or (new is not None and asked.get("spark.app.name", active.appName) != active.appName):
            return self._make_anew(make, active, end_jvm=any(each.needs_jvm for each in wanted))
        made = make() if new is None else self._adopt(active, new)
        self._note()
        return made

    def _late(self, asked: dict[str, Any], active: Any) -> list[Any]:
        if self._context_class._jvm is None:
            return []
        if active is None:
            return list(self._settings.late_for_jvm(sys.modules["pyspark"].SparkConf(), asked))
        session = self._session_class._instantiatedSession
        return list(self._settings.late_settings(active._conf, session and session.conf, asked))

    def _make_anew(self, make: Callable[[], Any], active: Any, end_jvm: bool) -> Any:
        session, gateway = self._session_class._instantiatedSession, self._context_class._gateway
        if active is not None:
            print(ANEW, file=sys.stderr, flush=True)
            (session or active).stop()
        if end_jvm:
            self._end_jvm()
        try:
            made = make()
            if active is not None:
                active.__dict__ = self._active().__dict__
                if session is not None:
                    session.__dict__ = self._session_class.builder.getOrCreate().__dict__
        except Exception as error:
            if active is None and not end_jvm:
                raise
            raise self._failure(error) from None
        self._unused = self._active()
        if self._context_class._gateway is not gateway:
            self._unused_jvm = self._context_class._gateway
        self._note()
        return made

    def _adopt(self, active: Any, new: Any) -> Any:
        """Let a new object be the context that there is: nothing would be different in another."""
        new.__dict__ = active.__dict__
        self._context_class._active_spark_context = self._unused = new
        if self._session_class._instantiatedSession is not None:
            self._session_class._instantiatedSession._sc = new
        return new

    def _end_jvm(self) -> None:
        """End a JVM in which nobody has anything but settings: those are taken out."""
        conf_class = sys.modules["pyspark"].SparkConf
        known = set(conf_class().getAll())
        for conf in [each for each in gc.get_objects() if type(each) is conf_class and each._jconf is not None]:
            conf._conf = dict(pair for pair in conf.getAll() if pair not in known)
            conf._jconf = None
        gateway = self._context_class._gateway
        self._context_class._gateway = self._context_class._jvm = None
        if gateway.proc is not None:
            gateway.proc.sparkk8s_replaced = True  # for the reaper: nothing that had to be told
        gateway.shutdown()
        if gateway.proc is not None:
            gateway.proc.stdin.close()  # the JVM ends when nobody can write to it any more
            try:
                gateway.proc.wait(10)
            except subprocess.TimeoutExpired:
                gateway.proc.kill()
                gateway.proc.wait()

    def _note(self) -> None:
        """Let the notebook's names, where they named the session and context before, name the ones that are there now."""
        session, context = self._session_class._instantiatedSession, self._active()
        before, self._last = self._last, (session or self._last[0], context)
        self._rename(spark=(before[0], session), sc=(before[1], context))

    # ---- what is said

    def _warn(self, late: list[Any]) -> None:
        """Once for each setting and value."""
        late = [each for each in late if each not in self._said]
        self._said.update(late)
        if late:
            said = (f"{each.name}={each.asked} (stays {each.in_force or 'unset'})" for each in late)
            print(TOO_LATE.format(", ".join(said)), file=sys.stderr)

    def _say(self, line: str) -> None:
        if line not in self._said:
            self._said.add(line)
            print(line, file=sys.stderr)


def _is_of_stopped(error: BaseException) -> bool:
    """Whether this is what pyspark says, or trips over, where its context was stopped."""
    modules = [str(frame.f_globals.get("__name__")) for frame, _ in traceback.walk_tb(error.__traceback__)]
    module = modules[-1] if modules else ""
    in_pyspark = module.partition(".")[0] in ("pyspark", "py4j")
    return in_pyspark and (
        "stopped SparkContext" in str(error) or (isinstance(error, AttributeError) and "'NoneType'" in str(error))
    )


def _connects(options: dict[str, Any]) -> bool:
    """Whether a builder asks for Spark Connect, which is another client."""
    return "spark.remote" in options or str(options.get("spark.api.mode", "")).lower() == "connect"


def _is_use(frame: Any) -> bool:
    """Whether a call into the JVM is more than a look: not from a SparkConf, a stop, a completion, or a file of ours."""
    while frame is not None:
        module, function = frame.f_globals.get("__name__", ""), frame.f_code.co_name
        package = module.partition(".")[0]
        if module == "pyspark.conf" or (package == "pyspark" and function in _NO_USE):
            return False
        if package not in ("py4j", "pyspark", "collections", "_collections_abc"):  # Py4J's arrays are sequences
            return not (package.startswith("_sparkk8s_") or package == "jedi" or module.startswith("IPython.core."))
        frame = frame.f_back
    return True
