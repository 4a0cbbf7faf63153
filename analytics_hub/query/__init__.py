"""Usage questions: from a validated UsageQuery to a plan, to SQL, to Series."""
