"""How good a forecast or a detector was: pure functions over arrays, each tested on cases worked out by hand."""
