"""The stub `rust_core/_native.pyi` and the built module name the same things with the same parameters."""

import ast
import inspect
from pathlib import Path
from typing import Any

import pytest

from rust_core import _native

_TREE = ast.parse(Path(_native.__file__).with_name("_native.pyi").read_text())
_CLASSES = {node.name: node for node in _TREE.body if isinstance(node, ast.ClassDef)}
_FUNCTIONS = {node.name: node for node in _TREE.body if isinstance(node, ast.FunctionDef)}
_CONSTANTS = {
    node.target.id
    for node in _TREE.body
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
}
_METHODS = [
    pytest.param(name, node, id=f"{name}.{node.name}")
    for name, owner in _CLASSES.items()
    for node in owner.body
    if isinstance(node, ast.FunctionDef)
]
# Seen by Python from 3.12 on; before that the buffer protocol has no method.
_INVISIBLE = {"__buffer__"}
# What every class has.
_GIVEN = set(dir(object)) | {"__module__", "__release_buffer__", "__buffer__"}


def _is(node: ast.FunctionDef, decorator: str) -> bool:
    return any(isinstance(one, ast.Name) and one.id == decorator for one in node.decorator_list)


def _parameters(node: ast.FunctionDef, *, bound: bool) -> list[tuple[str, bool, bool]]:
    """Name, keyword-only, has a default; without self or cls."""
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults = [False] * (len(positional) - len(node.args.defaults)) + [True] * len(node.args.defaults)
    listed = [(one.arg, False, default) for one, default in zip(positional, defaults, strict=True)]
    keywords = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    listed += [(one.arg, True, default is not None) for one, default in keywords]
    return listed[1:] if bound else listed


def _built_parameters(function: Any) -> list[tuple[str, bool, bool]]:
    found = inspect.signature(function).parameters.values()
    return [
        (one.name, one.kind is inspect.Parameter.KEYWORD_ONLY, one.default is not inspect.Parameter.empty)
        for one in found
        if one.name != "self"
    ]


def test_the_module_has_the_names_of_the_stub_and_no_other() -> None:
    built = {name for name in dir(_native) if name == "__version__" or not name.startswith("__")}
    stubbed = set(_CLASSES) | set(_FUNCTIONS) | _CONSTANTS
    assert built == stubbed


@pytest.mark.parametrize("name", _FUNCTIONS)
def test_a_function_takes_what_the_stub_says(name: str) -> None:
    assert _built_parameters(getattr(_native, name)) == _parameters(_FUNCTIONS[name], bound=False)


@pytest.mark.parametrize("name", _CLASSES)
def test_a_class_has_the_members_of_the_stub_and_no_other(name: str) -> None:
    built = getattr(_native, name)
    if issubclass(built, Exception):
        assert [base.__name__ for base in built.__bases__] == [
            ast.unparse(base) for base in _CLASSES[name].bases
        ]
        return
    stubbed = {node.name for node in _CLASSES[name].body if isinstance(node, ast.FunctionDef)}
    comparisons = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"}
    assert {one for one in dir(built) if one not in _GIVEN | comparisons} == stubbed - _GIVEN - comparisons


@pytest.mark.parametrize(("owner", "node"), _METHODS)
def test_a_member_is_what_the_stub_says(owner: str, node: ast.FunctionDef) -> None:
    built = getattr(_native, owner)
    if node.name in _INVISIBLE:
        assert memoryview(_native.compact_copy([b"PGCOPY\n\xff\r\n\0" + bytes(8) + b"\xff\xff"], [])).readonly
    elif _is(node, "property"):
        assert inspect.isgetsetdescriptor(inspect.getattr_static(built, node.name))
    elif node.name == "__new__":
        assert _built_parameters(built) == _parameters(node, bound=True)
    elif not node.name.startswith("__") or node.name == "__arrow_c_stream__":
        bound = not _is(node, "staticmethod")
        assert _built_parameters(getattr(built, node.name)) == _parameters(node, bound=bound)
    else:
        assert node.name in dir(built)


def test_a_class_that_the_stub_calls_final_cannot_be_inherited() -> None:
    for name, node in _CLASSES.items():
        if any(isinstance(one, ast.Name) and one.id == "final" for one in node.decorator_list):
            with pytest.raises(TypeError, match="not an acceptable base type"):
                type("Heir", (getattr(_native, name),), {})


def test_constants_are_tuples_of_column_names() -> None:
    for name in _CONSTANTS - {"__version__"}:
        values = getattr(_native, name)
        assert isinstance(values, tuple)
        assert all(isinstance(value, str) for value in values)
    assert set(_native.TOKEN_COLUMNS) | set(_native.COST_COLUMNS) <= set(_native.EVENT_COLUMNS)
    assert set(_native.TOKEN_COLUMNS) | set(_native.COST_COLUMNS) <= set(_native.DELTA_COLUMNS)
