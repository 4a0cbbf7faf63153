"""How forecasts are made in tests: by the quick members, on a small budget."""

from datetime import timedelta
from typing import Final

from analytics_hub.query.forecasting import ForecastRules
from models.forecasters.selected import quick_members

FORECAST_RULES: Final = ForecastRules(quick_members(), fits_max=40, stored_max=timedelta(hours=26))
