"""Hypothesis strategies for everything that a CRM holds, from a text to a whole CRM, valid by construction.

Known-awkward values are mixed in everywhere: blank and long texts, emoji, right-to-left script, quotes, huge decimals,
e-mails with quotes or without an at-sign, equal e-mails in different case, phones of spaces.
Everything shrinks towards short texts, few fields and few records. All options are keyword-only.
"""

from crmcore.testing.strategies.commands import (
    command_sequences,
    commands,
    creations,
    edits,
    imports,
    inquiries,
    tokens,
)
from crmcore.testing.strategies.images import crm_images
from crmcore.testing.strategies.records import (
    activities,
    activity_fields,
    actors,
    card_fields,
    companies,
    contacts,
    deal_fields,
    deals,
    lead_fields,
    leads,
)
from crmcore.testing.strategies.setup import lead_stages, pipelines, policies, stages
from crmcore.testing.strategies.values import (
    AWKWARD_EMAILS,
    AWKWARD_LINES,
    AWKWARD_PHONES,
    addresses,
    codes,
    contact_points,
    custom_fields,
    custom_values,
    decimals,
    emails,
    instants,
    lines,
    money,
    names,
    origins,
    phones,
    points,
    texts,
    utms,
)
from crmcore_hypothesis import register as _register

__all__ = [
    "AWKWARD_EMAILS",
    "AWKWARD_LINES",
    "AWKWARD_PHONES",
    "activities",
    "activity_fields",
    "actors",
    "addresses",
    "card_fields",
    "codes",
    "command_sequences",
    "commands",
    "companies",
    "contact_points",
    "contacts",
    "creations",
    "crm_images",
    "custom_fields",
    "custom_values",
    "deal_fields",
    "deals",
    "decimals",
    "edits",
    "emails",
    "imports",
    "inquiries",
    "instants",
    "lead_fields",
    "lead_stages",
    "leads",
    "lines",
    "money",
    "names",
    "origins",
    "phones",
    "pipelines",
    "points",
    "policies",
    "stages",
    "texts",
    "tokens",
    "utms",
]

# `HYPOTHESIS_NO_PLUGINS` turns off the entry point, and says nothing about an import.
_register()
