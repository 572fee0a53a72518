"""Threads that work side by side on what they are given, and never hold up who gives it, even if a work hangs."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import BoundedSemaphore

_WAITING_FOR_EACH = 2
"""Works per thread that are given before it is free, so that it need not wait for the next."""


class Workers:
    """So many threads. A work must not raise; who gives it more than they can take waits."""

    def __init__(self, count: int) -> None:
        self._threads = ThreadPoolExecutor(count)
        self._room = BoundedSemaphore(count * (1 + _WAITING_FOR_EACH))
        self._given: dict[Future[object], str] = {}

    def give(self, name: str, work: Callable[[], object], seconds: float) -> bool:
        """False when there was no room for it in so many seconds."""
        if not self._room.acquire(timeout=max(seconds, 0)):
            return False
        future = self._threads.submit(work)
        self._given[future] = name
        future.add_done_callback(self._forget)
        return True

    def finish(self, seconds: float) -> list[str]:
        """Waits so long for what was given; the names of works that go on, since threads cannot be stopped.

        What was not begun by then never will be.
        """
        wait(list(self._given), max(seconds, 0))
        self._threads.shutdown(wait=False, cancel_futures=True)
        return list(self._given.values())

    def _forget(self, future: Future[object]) -> None:
        del self._given[future]
        self._room.release()
