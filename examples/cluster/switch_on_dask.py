"""Switch a CRM on PostgreSQL to Simple mode with the workers of a Dask cluster.

    python switch_on_dask.py tcp://127.0.0.1:8786 postgresql://…/crm --actor 1

The workers need crmcore with the extra `postgres`, and the database must be reachable from each of them.
"""

import argparse

from distributed import Client

from crmcore import Refused, SwitchReport, SwitchToken, UserId, run_switch_on
from crmcore.adapters.clocks import SystemClock
from crmcore.adapters.sql import CrmOpener, opened_crms

__all__ = ["switch"]


def switch(
    client: Client, url: str, *, actor: int, key: str, chunk: int = 1000, schema: str | None = None
) -> SwitchReport | Refused:
    """Begin the switch, or join the one of this key, and let every worker of the cluster convert a shard of it.

    Dask runs a task again when it loses the worker, and merges submissions that look equal; neither can hurt: a chunk
    that is done finds nothing left to do, and no two tasks are equal.
    """
    opening = CrmOpener(url, SystemClock(), schema=schema)
    with opened_crms():
        crm = opening()
        begun = crm.begin_switch(UserId(actor), key=key)
        if not isinstance(begun, SwitchToken):
            return begun if isinstance(begun, Refused) else crm.switch_to_simple(UserId(actor), key=key)
        workers = len(client.scheduler_info(n_workers=-1)["workers"])
        with client.get_executor(pure=False) as executor:
            return run_switch_on(executor, opening, begun, workers=workers, chunk=chunk)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scheduler", help="address of the Dask scheduler")
    parser.add_argument("url", help="the database")
    parser.add_argument("--actor", type=int, required=True, help="who asks for the switch")
    parser.add_argument("--key", default="dask", help="the same key joins the same switch")
    given = parser.parse_args()
    with Client(given.scheduler) as client:
        report = switch(client, given.url, actor=given.actor, key=given.key)
    print(report)  # noqa: T201  # the answer of the command


if __name__ == "__main__":
    main()
