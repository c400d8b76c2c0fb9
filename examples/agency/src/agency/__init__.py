"""The desk of an agency: a web product that keeps its CRM in its own database and in its own transactions."""

from agency.app import make_app
from agency.office import Office
from agency.staff import TITLES, Staff
from agency.work import post_to, relay, work

__all__ = ["TITLES", "Office", "Staff", "make_app", "post_to", "relay", "work"]
