"""The model card of a version: one page that an auditor can print, as HTML and as Markdown, made of the night's tables.

It reads and prints; judgments are those of the gates, the audit and the people who approved.
"""

from plg_orchestration.reports.model_card.card import Card, model_card
from plg_orchestration.reports.model_card.files import earlier_cards, rows_of_cards, write_model_cards

__all__ = ["Card", "earlier_cards", "model_card", "rows_of_cards", "write_model_cards"]
