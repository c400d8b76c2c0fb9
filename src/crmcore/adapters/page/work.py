"""Who works on a live switch: by default a thread of this process, which can be stopped and goes on after a failure."""

from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import Protocol

from crmcore.application.crm import Crm
from crmcore.application.pace import Progress
from crmcore.domain.model.errors import CrmError, StoreError
from crmcore.domain.model.ledger import SwitchToken

__all__ = ["Run", "ThreadWork", "Work", "Working"]

#: How long a thread waits before it tries a store again that failed, in seconds.
PAUSE = 1.0

#: How many leads a thread converts in one commit, so that the page sees it move and a stop takes effect at once.
CHUNK = 100


class Work(Protocol):
    """A worker that converts the leads of one switch."""

    @property
    def failure(self) -> CrmError | None:
        """Why it stands still, if it does."""
        ...

    @property
    def progress(self) -> Progress | None:
        """How far it is, and how fast; `None` before it has begun, and where the worker does not tell."""
        ...

    def is_going_on(self) -> bool:
        """Whether it still works."""
        ...

    def stop(self) -> None:
        """Stop after the commit that is under way; the switch stays live."""
        ...


#: Puts a switch into a worker, which holds it to so many leads a second where a number is given.
Run = Callable[[SwitchToken, int | None], Work]


class ThreadWork:
    """A thread that runs one switch to its end.

    `crm` and `token` name the switch, `pace` is the most leads a second. If the store fails, the work is retried until
    it is back; any other error ends the work and stays in `failure`.
    """

    def __init__(self, crm: Crm, token: SwitchToken, pace: int | None) -> None:
        self._crm = crm
        self._token = token
        self._pace = pace
        self._stop = Event()
        self.failure: CrmError | None = None
        self.progress: Progress | None = None
        self._thread = Thread(target=self._work, name="crmcore-switch", daemon=True)
        self._thread.start()

    def is_going_on(self) -> bool:
        """See `Work.is_going_on`."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """See `Work.stop`."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._crm.run_switch(
                    self._token, chunk=CHUNK, pace=self._pace, on_progress=self._look, stop=self._stop.is_set
                )
            except StoreError as failure:
                self.failure = failure
                self._stop.wait(PAUSE)
            except CrmError as failure:  # the page tells of it: a thread has nobody to raise it to
                self.failure = failure
                return
            else:
                return

    def _look(self, progress: Progress) -> None:
        self.failure, self.progress = None, progress


class Working:
    """The work that this process has begun, one switch at a time."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._work: Work | None = None
        self._asked: tuple[SwitchToken, int | None] | None = None
        self._lock = Lock()

    def begin(self, token: SwitchToken, pace: int | None) -> None:
        """Put the switch into a worker, unless one of this process works already."""
        with self._lock:
            if self._work is None or not self._work.is_going_on():
                self._work = self._run(token, pace)
                self._asked = token, pace

    def pace_of(self, token: SwitchToken) -> int | None:
        """The most leads a second that this process was last asked for in a switch, also after it was stopped."""
        return self._asked[1] if self._asked is not None and self._asked[0] == token else None

    def is_going_on(self) -> bool:
        """Whether a worker of this process works."""
        work = self._work
        return work is not None and work.is_going_on()

    def failure(self) -> CrmError | None:
        """Why the worker stands still, if it does."""
        return None if self._work is None else self._work.failure

    def progress(self) -> Progress | None:
        """How far the worker is, while it works."""
        return self._work.progress if self._work is not None and self.is_going_on() else None

    def stop(self) -> None:
        """Stop it; the switch stays live."""
        with self._lock:
            if self._work is not None:
                self._work.stop()
                self._work = None
