"""The models that a suite can be run with, by name.

In: names from a command line. Out: forecasters or detectors, made anew. Modules are loaded when a model of theirs is
chosen: some bring libraries that take seconds, and torch is there only where the extra `deep` is installed.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, TypeVar

from analytics_hub.backtests.watchers import DetectorWatcher, IncidentWatcher, Watcher
from analytics_hub.domain.errors import InvalidInput
from models.ports import Detector, Forecaster

_Model = TypeVar("_Model")


def _from(place: str, **options: Any) -> Callable[[], Any]:
    """Makes the class of `module:class` with these options when called."""
    module, _, name = place.partition(":")

    def made() -> Any:
        try:
            loaded = import_module(module)
        except ModuleNotFoundError as error:
            if error.name != "torch":
                raise
            raise InvalidInput(
                "not_installed", "model", f"{name} needs torch: install the extra `deep`"
            ) from None
        return getattr(loaded, name)(**options)

    return made


FORECASTERS: Final[Mapping[str, Callable[[], Forecaster]]] = {
    "median_combination": _from("models.forecasters.median_combination:MedianCombination"),
    "level_and_shape": _from("models.forecasters.level_and_shape:LevelAndShape"),
    "selected": _from("models.forecasters.selected:Selected"),
    "combination": _from("models.forecasters.combination:Combination"),
    "autoregression": _from("models.forecasters.autoregression:Autoregression"),
    "autoregression_few": _from("models.forecasters.autoregression:Autoregression", looks="few"),
    "autoregression_cycle_changes": _from(
        "models.forecasters.autoregression:Autoregression", differences="cycle"
    ),
    "autoregression_hours_step_changes": _from(
        "models.forecasters.autoregression:Autoregression", looks="hours", differences="step"
    ),
    "week_profile_mean": _from("models.forecasters.week_profile:WeekProfile", middle="mean"),
    "week_profile_median": _from("models.forecasters.week_profile:WeekProfile", middle="median"),
    "seasonal_naive": _from("models.forecasters.seasonal_naive:SeasonalNaive"),
    "seasonal_naive_7": _from("models.forecasters.seasonal_naive:SeasonalNaive", cycles=7),
    "median_of_seasonal_naives": _from("models.forecasters.median_of_seasonal_naives:MedianOfSeasonalNaives"),
    "rolling_median": _from("models.forecasters.rolling_median:RollingMedian"),
    "naive2": _from("models.scores.naive2:Naive2"),
    "mstl_ets": _from("models.forecasters.mstl_ets:MstlEts"),
    "auto_ets": _from("models.forecasters.auto_ets:AutoEts"),
    "auto_theta": _from("models.forecasters.auto_theta:AutoTheta"),
    "sarima": _from("models.forecasters.sarima:Sarima"),
    "prophet": _from("models.forecasters.prophet:Prophet"),
    "lstm": _from("models.forecasters.lstm:Lstm"),
}
DETECTORS: Final[Mapping[str, Callable[[], Detector]]] = {
    "robust_z": _from("models.detectors.robust_z:RobustZ"),
    "windowed_gaussian": _from("models.detectors.windowed_gaussian:WindowedGaussian"),
    "ensemble": _from("models.detectors.ensemble:Ensemble"),
    "ensemble_refractory": _from("models.detectors.refractory:EnsembleRefractory"),
    "value_novelty": _from("models.detectors.value_novelty:ValueNovelty"),
    "shape_novelty": _from("models.detectors.shape_novelty:ShapeNovelty"),
    "seasonal_difference": _from("models.detectors.seasonal_difference:SeasonalDifference"),
    "forecast_residual": _from("models.detectors.forecast_residual:ForecastResidual"),
    "subspace_residual": _from("models.detectors.subspace_residual:SubspaceResidual"),
    "isolation_forest": _from("models.detectors.isolation_forest:IsolationForest"),
    "gap": _from("models.detectors.gap:Gap"),
    "level_shift": _from("models.detectors.level_shift:LevelShift"),
    "autoencoder": _from("models.detectors.autoencoder:Autoencoder"),
}
SLOW: Final = frozenset(
    {"mstl_ets", "auto_ets", "auto_theta", "sarima", "prophet", "lstm", "autoencoder", "isolation_forest"}
)
"""Those that take minutes a suite or are not there without an extra: only when named, or with `all`."""
ALL: Final = "all"


def forecasters(names: Sequence[str]) -> list[Forecaster]:
    return _chosen(names, FORECASTERS)


def detectors(names: Sequence[str]) -> list[Detector]:
    return _chosen(names, DETECTORS)


def watchers(names: Sequence[str]) -> list[Watcher]:
    """Of tenants: incidents as they are told, and each single detector beside them."""
    return _chosen(names, {"incidents": IncidentWatcher} | {name: _watching(name) for name in DETECTORS})


def _watching(name: str) -> Callable[[], Watcher]:
    return lambda: DetectorWatcher(DETECTORS[name]())


def _chosen(names: Sequence[str], known: Mapping[str, Callable[[], _Model]]) -> list[_Model]:
    """The quick ones when none is named, every one of `all`; in the order of the names, each once."""
    named = [one for name in names for one in (known if name == ALL else [name])]
    for name in named:
        if name not in known:
            raise InvalidInput("no_such_model", "model", f"{name!r} is none of {', '.join(known)}, {ALL}")
    quick = [name for name in known if name not in SLOW]
    return [known[name]() for name in dict.fromkeys(named or quick)]
