"""The processes of the product: `python -m agency new|serve|work|relay URL`; each may be killed at any time."""

from argparse import ArgumentParser
from time import sleep

from agency.office import Office
from agency.work import post_to, relay, work


def main() -> None:
    """Run one of them."""
    parser = ArgumentParser(prog="agency", description=__doc__)
    parser.add_argument("what", choices=["new", "serve", "work", "relay"])
    parser.add_argument("url", help="the database, such as postgresql+psycopg://…/agency or sqlite:///agency.db")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--chunk", type=int, default=100, help="leads in one commit")
    parser.add_argument("--pace", type=int, help="leads a second at most")
    parser.add_argument("--to", help="the web address that events are handed on to")
    given = parser.parse_args()
    if given.what == "new":
        office = Office.new(given.url)
        number, token = office.hire("director")
        print(f"user {number} is the director and signs in with {token}")
        return
    office = Office.open(given.url)
    if given.what == "serve":
        import uvicorn

        from agency.app import make_app  # the other processes need no web

        uvicorn.run(make_app(office), host="127.0.0.1", port=given.port)
        return
    if given.what == "relay" and not given.to:
        parser.error("relay needs --to")
    while True:
        if given.what == "work":
            busy = work(office, chunk=given.chunk, pace=given.pace) not in (None, "blocked")
        else:
            busy = relay(office, given.to, post_to(given.to)) > 0
        if not busy:
            sleep(1)


if __name__ == "__main__":
    main()
