"""The desk of an agency: a web product that keeps its CRM in its own database and in its own transactions.

Its web interface is `agency.app.make_app`, which a worker does not load.
"""

from agency.office import Office
from agency.staff import TITLES, Staff
from agency.work import post_to, relay, work

__all__ = ["TITLES", "Office", "Staff", "post_to", "relay", "work"]
