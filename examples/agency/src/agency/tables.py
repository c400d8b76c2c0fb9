"""The agency's own tables; those of the CRM stand beside them, and their names begin with `crm`."""

from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, Numeric, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

__all__ = ["Base", "LeadRow", "Order", "Place", "Quote", "User"]


class Base(DeclarativeBase):
    """What all tables of the agency share."""


class User(Base):
    """A person who signs in with a token, of which only the digest is kept; a title is what they may do."""

    __tablename__ = "agency_user"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str | None] = mapped_column(String(40))
    token: Mapped[str] = mapped_column(String(64), unique=True)


class Quote(Base):
    """What the agency asks for the work that a lead is about."""

    __tablename__ = "agency_quote"

    lead: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    fee: Mapped[Decimal] = mapped_column(Numeric(12, 2))
    note: Mapped[str | None] = mapped_column(String(200))


class LeadRow(Base):
    """What a lead says, in an office that keeps its leads itself; `more` has the fields without a column."""

    __tablename__ = "agency_lead"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    title: Mapped[str | None] = mapped_column(String(255))
    company_title: Mapped[str | None] = mapped_column(String(255))
    comments: Mapped[str | None] = mapped_column(Text)
    more: Mapped[dict[str, Any]] = mapped_column(JSON)


class Order(Base):
    """A switch that somebody ordered: what a worker carries out. `result` is empty until it has ended."""

    __tablename__ = "agency_order"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
    ordered_by: Mapped[int]
    result: Mapped[str | None] = mapped_column(String(40))


class Place(Base):
    """How far a receiver of events has got."""

    __tablename__ = "agency_place"

    receiver: Mapped[str] = mapped_column(String(200), primary_key=True)
    place: Mapped[str] = mapped_column(String(100))
