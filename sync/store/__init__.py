"""State that must outlive a run: runs, journal, closes, budget."""
