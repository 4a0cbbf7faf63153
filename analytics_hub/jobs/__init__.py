"""Jobs on a schedule: scoring, refits, month-end forecasts, reports. In a process of their own."""
