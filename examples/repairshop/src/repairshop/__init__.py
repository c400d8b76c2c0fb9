"""The order book of a repair shop: a product that embeds crmcore and keeps its records in tables of its own."""

from repairshop.book import OrderBook
from repairshop.office import Staff, Subscription

__all__ = ["OrderBook", "Staff", "Subscription"]
