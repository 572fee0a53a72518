"""Threads that do jobs side by side; one that hangs takes a thread and no more."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore

_WAITING_FOR_EACH = 2
"""Jobs per thread that are taken before it is free, so that it need not wait for the next."""


class Workers:
    """`count` threads. A job must not raise; submit() blocks while all threads are busy and have jobs waiting."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count)
        self._room = BoundedSemaphore(count * (1 + _WAITING_FOR_EACH))
        self._submitted: dict[Future[object], str] = {}

    def submit(self, name: str, job: Callable[[], object], seconds: float) -> bool:
        """False if there was no room for it within `seconds`."""
        if not self._room.acquire(timeout=max(seconds, 0)):
            return False
        future = self._threads.submit(job)
        self._submitted[future] = name
        future.add_done_callback(self._forget)
        return True

    def finish(self, seconds: float) -> list[str]:
        """Waits up to `seconds` for all jobs; the names of those that go on, since threads cannot be stopped.

        What was not begun by then never will be.
        """
        wait(list(self._submitted), max(seconds, 0))
        self._threads.shutdown(wait=False, cancel_futures=True)
        return list(self._submitted.values())

    def _forget(self, future: Future[object]) -> None:
        del self._submitted[future]
        self._room.release()
