"""Texts and files that the tests share."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SAMPLES = REPOSITORY / "data" / "samples"
GOLD = REPOSITORY / "data" / "gold" / "first"

RETENTION = "We keep your data for 30 days."
ERASURE = "You have the right to erasure of your data."
SWEDISH = "Du har rätt att begära radering av dina personuppgifter."
