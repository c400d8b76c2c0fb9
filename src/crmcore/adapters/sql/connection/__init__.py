"""Connections: addresses, engines, the two databases, transactions and what drivers report."""
