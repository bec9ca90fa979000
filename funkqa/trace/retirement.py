"""Retirement: a function once seen is taken out of its link, and is not paid for again.

When to do it is the rent-or-buy problem: every trap of a seen function costs a little for ever, a round that makes
a new link without the seen functions costs more, once. Buying when the rent paid since the last round reaches the
price of a round costs at most twice what the best schedule would. Both are measured, not assumed: the kernel
side adds up what traps cost (``paid`` in bpf/README.md), and each group knows what its last link took to make.
"""

import threading
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic

from funkqa.trace.groups import Group
from funkqa.trace.program import COUNTER_BYTES, Program, counter

SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.002, 0.032
"""How often ``paid`` is looked at: often while traps are paid for, seldom while nothing happens."""

PRICE_FACTOR = 2.0
"""A round's price over the making of its link: the old one must be taken out too."""


@dataclass
class RetirementStatistics:
    """``rounds`` made a new link, which took ``rounds_s``.

    ``saved_s`` estimates what the retired functions would have cost until the end of their step: at the rate
    seen before, which traps slowed down, and as if they had been called to the end.
    """

    rounds: int = 0
    rounds_s: float = 0.0
    saved_s: float = 0.0


class Retirement:
    """A thread that watches what traps cost, and holds a round for a group when it has cost enough.

    ``lock`` is held during a round; ``baseline`` gives the counters since which a function counts as seen.
    """

    def __init__(
        self,
        program: Program,
        groups: Sequence[Group],
        closer: Executor,
        lock: threading.Lock,
        baseline: Callable[[], bytes],
    ) -> None:
        self.statistics = RetirementStatistics()
        self.failure: BaseException | None = None
        self._program, self._groups, self._closer = program, groups, closer
        self._lock, self._baseline = lock, baseline
        self._settled = array("Q", program.paid())
        self._settled_at = [monotonic()] * len(groups)
        self._rates: list[tuple[float, float]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="retirement", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:  # a signal may come before it is started
            self._thread.join()

    def step_ended(self) -> None:
        """Close the account of what retirement saved; called with the lock held."""
        now = monotonic()
        self.statistics.saved_s += sum(rate * (now - since) for rate, since in self._rates)
        self._rates.clear()

    def _watch(self) -> None:
        wait, last = SHORTEST_WAIT_S, self._program.paid()
        try:
            while not self._stop.wait(wait):
                paid = self._program.paid()
                if paid == last:
                    wait = min(2 * wait, LONGEST_WAIT_S)
                    continue
                wait, last = SHORTEST_WAIT_S, paid
                for group, paid_ns, settled_ns in zip(self._groups, array("Q", paid), self._settled, strict=False):
                    if paid_ns - settled_ns > PRICE_FACTOR * group.round_s * 1e9:
                        with self._lock:
                            self._hold_round(group)
        except BaseException as error:  # told by the session: a thread has nobody to raise to
            self.failure = error

    def _hold_round(self, group: Group) -> None:
        start = monotonic()
        paid_ns = counter(self._program.paid(), group.number)
        owed_s = (paid_ns - self._settled[group.number]) / 1e9
        rate = owed_s / max(start - self._settled_at[group.number], 1e-6)
        span = group.span
        before = self._baseline()[span.start * COUNTER_BYTES : span.stop * COUNTER_BYTES]
        unseen = group.unseen(before, self._program.hits(span.start, span.stop))
        # Tasks out of scope may pay for functions that nobody in scope has run: then there is nothing to take out.
        if len(unseen) < len(group.live) and not group.file.changed():
            with suppress(OSError):  # out of memory, say: the old link still holds, and a later round tries again
                group.replace(self._program.hit, unseen, self._closer)
                self.statistics.rounds += 1
                self.statistics.rounds_s += monotonic() - start
                self._rates.append((rate, start))
        self._settled[group.number] = paid_ns
        self._settled_at[group.number] = monotonic()
