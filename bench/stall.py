"""How long an event loop stands still while the CRM works in it, or in a thread: `python -m bench.stall`."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from crmcore import Crm, CrmMode, UserId
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.roles import ADMINISTRATOR
from crmcore.adapters.sql import create_portal
from crmcore.ports import new_crm

__all__ = ["main", "stall_of"]

BOSS = UserId(1)
LEADS = 1000
_TICK = 0.001


async def stall_of(work: Callable[[], Awaitable[object]]) -> float:
    """The longest time for which a task that wants to run each millisecond does not run while the work goes on."""
    longest, done = 0.0, asyncio.Event()

    async def tick() -> None:
        nonlocal longest
        while not done.is_set():
            before = perf_counter()
            await asyncio.sleep(_TICK)
            longest = max(longest, perf_counter() - before - _TICK)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(_TICK)
    await work()
    done.set()
    await ticking
    return longest


async def measure(folder: Path) -> list[str]:
    """The lines of the table."""
    lines = []
    for name, in_thread in (("in the loop", False), ("`asyncio.to_thread`", True)):
        url = f"sqlite:///{folder / f'{in_thread}.db'}"
        store = create_portal(url, image=new_crm(CrmMode.CLASSIC), roles={BOSS: [ADMINISTRATOR]})
        crm = Crm(store=store, permissions=store.permissions, plan=store.plan, clock=SystemClock())

        async def called(work: Callable[[], object], in_thread: bool = in_thread) -> None:
            if in_thread:
                await asyncio.to_thread(work)
            else:
                work()

        async def add(crm: Crm = crm) -> None:
            for each in range(LEADS):
                await called(partial(crm.add_lead, BOSS, title=f"Lead {each}"))
                await asyncio.sleep(0)  # as between two requests

        async def switch(crm: Crm = crm) -> None:
            await called(partial(crm.switch_to_simple, BOSS, key="2026"))

        cells = [f"{await stall_of(work) * 1000:,.0f} ms" for work in (add, switch)]
        lines.append(f"| {name} | {' | '.join(cells)} |")
        store.close()
    return lines


def main() -> None:
    """Print the longest stalls."""
    print(f"| called | adding a lead, the longest of {LEADS:,} | a switch of them |\n|---|---|---|")
    with TemporaryDirectory() as folder:
        print("\n".join(asyncio.run(measure(Path(folder)))))


if __name__ == "__main__":
    main()
