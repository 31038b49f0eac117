"""By what reports, cases and what belongs to them are found again although they are sealed."""
