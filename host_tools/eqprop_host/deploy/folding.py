"""Folds constants of the runtime's modules into the modules that use them, and shortens private names.

A class names the functions that its subclasses provide, for the type checker; a board does without those names.
MicroPython keeps no error's cause, so `raise ... from error` loses it, and `except ... as error` a name that nothing
else uses, which takes a dozen bytes each.

MicroPython's compiler folds only a module's own private constants. A public constant stays a name and costs a board
about 20 bytes of heap, and a look-up at each use. A board keeps each name as text, private ones too.
"""

import ast
import itertools
import re
import string
from pathlib import PurePosixPath

from ..files import PARSING

_KEPT = ("crossbar/__init__.py",)
"""Modules whose constants belong to the runtime's interface: their names are kept as well."""


def fold(sources):
    """Return the text of each module, {path in the package: text}, with the constants of all modules folded in.

    sources: {path in the package: text}. A constant is a public name that a module sets once, to `const` of
    an integer or a text. The texts lack branches for CPython, and branches that begin with an import of absent kernels
    or of an absent module `plain`. Where one alternative remains, the choice goes too. `TIERS` loses the tiers without
    kernels: a board gets the kernels that its core can run.
    """
    there = {_name(path) for path in sources}
    with PARSING:
        trees = {path: _Present(path, there).visit(ast.parse(text)) for path, text in sources.items()}
        short = _Short(trees.values())
        constants = {_name(path): _constants(tree) for path, tree in trees.items()}
        return {path: _folded(path, short.visit(tree), constants) for path, tree in trees.items()}


def without_unused(sources, path):
    """Return the text of each module, without the functions of module `path` that no other module imports.

    sources: {path in the package: text}. Where there is machine code, it does most of what the plain kernels do. They
    do not call each other.
    """
    with PARSING:
        trees = {name: ast.parse(text) for name, text in sources.items() if name != path}
        tree = ast.parse(sources[path])
    module = PurePosixPath(path).stem
    found = [
        (node.module or "", alias.name)
        for each in trees.values()
        for node in ast.walk(each)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    if any(name == module and origin.endswith(PurePosixPath(path).parent.name) for origin, name in found):
        return sources  # some module may use all of them
    used = {name for origin, name in found if origin.split(".")[-1] == module}
    tree.body = [node for node in tree.body if not isinstance(node, ast.FunctionDef) or node.name in used]
    return {**sources, path: ast.unparse(tree)}


def is_empty(text):
    """Return whether a module holds only a docstring."""
    with PARSING:
        return all(isinstance(node, ast.Expr) for node in ast.parse(text).body)


def _name(path):
    """Return the name of a module within the package, as a tuple: () for the package itself."""
    parts = PurePosixPath(path).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def _origin(path, node):
    """Return the name of the module from which a relative import in module `path` takes names, as `_name` has it."""
    package = PurePosixPath(path).parent.parts
    return package[: len(package) - node.level + 1] + tuple(node.module.split(".") if node.module else ())


def _constant(node):
    """Return (name, value) if a statement defines a constant, or None."""
    found = re.fullmatch(r"([A-Z]\w*) = const\((\d+|'[^']*')\)", ast.unparse(node))
    return (found[1], ast.literal_eval(found[2])) if found else None


def _constants(tree):
    return dict(found for node in tree.body if (found := _constant(node)))


def _folded(path, tree, constants):
    names, modules = {}, {}
    if path not in _KEPT:
        names.update(constants[_name(path)])
        tree.body = [node for node in tree.body if not _constant(node)]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            origin = _origin(path, node)
            here = constants.get(origin, {})
            for alias in list(node.names):
                if alias.name == "const":  # the compiler does not need this import
                    node.names.remove(alias)
                elif alias.name in here:
                    names[alias.asname or alias.name] = here[alias.name]
                    node.names.remove(alias)
                elif (*origin, alias.name) in constants:
                    modules[alias.asname or alias.name] = constants[(*origin, alias.name)]
    return ast.unparse(ast.fix_missing_locations(_Folder(names, modules).visit(tree)))


class _Present(ast.NodeTransformer):
    """Removes the branches of module `path` for CPython, and those that begin with an import of what is not `there`.

    Of two alternative branches, only the one whose kernels are there stays, without the `if` or `try` around them. Of
    the tiers' names, those of kernels that are there stay.
    """

    def __init__(self, path, there):
        self._path = path
        self._there = there

    def _lacks(self, statements):
        first = statements[0] if statements else None
        if not (isinstance(first, ast.ImportFrom) and first.level):
            return False
        origin = _origin(self._path, first)
        return ("kernels" in origin or origin[-1:] == ("plain",)) and origin not in self._there

    def visit_Assign(self, node):
        if ast.unparse(node.targets[0]) == "TIERS":
            with_kernels = {name[-1] for name in self._there if name[1:-1] == ("kernels",)}
            node.value.elts = [each for each in node.value.elts if each.value in with_kernels]
        return node

    def visit_If(self, node):
        self.generic_visit(node)
        if ast.unparse(node.test) == "sys.implementation.name == 'micropython'":
            return node.body
        if self._lacks(node.orelse):
            node.orelse = []
        return node.orelse if self._lacks(node.body) else node

    def visit_Try(self, node):
        self.generic_visit(node)
        if len(node.handlers) != 1 or node.orelse or node.finalbody:
            return node
        instead = node.handlers[0].body
        if self._lacks(node.body):
            return instead
        return node.body if self._lacks(instead) else node


class _Short(ast.NodeTransformer):
    """Replaces the private names that the runtime itself defines by short ones, the same in all modules."""

    _FIELDS = ("name", "attr", "id", "arg", "asname")

    def __init__(self, trees):
        defined, used = set(), set()
        for node in itertools.chain.from_iterable(map(ast.walk, trees)):
            used |= {getattr(node, field, None) for field in self._FIELDS}
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                defined.add(node.name)
            elif isinstance(node, ast.arg):
                defined.add(node.arg)
            elif isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Store):
                defined.add(node.attr if isinstance(node, ast.Attribute) else node.id)
        private = (name for name in defined if re.fullmatch("_[A-Za-z]\\w+", name))
        # A digit first, as in no name that a user's subclass may have; constants last, whose names no board keeps
        others = string.digits + string.ascii_letters
        words = ("".join(word) for size in itertools.count() for word in itertools.product(others, repeat=size))
        short = (name for word in words for digit in string.digits if (name := f"_{digit}{word}") not in used)
        self._names = dict(zip(sorted(private, key=lambda name: (name.isupper(), name)), short, strict=False))

    def visit(self, node):
        for field in self._FIELDS:
            name = getattr(node, field, None)
            if name in self._names:
                setattr(node, field, self._names[name])
        if isinstance(node, ast.ImportFrom) and node.level:
            for alias in node.names:
                alias.name = self._names.get(alias.name, alias.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            node.names = [self._names.get(name, name) for name in node.names]
        return super().visit(node)


class _Folder(ast.NodeTransformer):
    """Replaces names by values."""

    def __init__(self, names, modules):
        self._names = names
        self._modules = modules

    def visit_Assign(self, node):
        if ast.unparse(node.value) == "staticmethod(None)":  # what a subclass provides, for the type checker
            return None
        return self.generic_visit(node)

    def visit_Raise(self, node):
        node.cause = None
        return self.generic_visit(node)

    def visit_ExceptHandler(self, node):
        self.generic_visit(node)
        used = (each.id for statement in node.body for each in ast.walk(statement) if isinstance(each, ast.Name))
        if node.name not in used:
            node.name = None
        return node

    def visit_ImportFrom(self, node):
        return node if node.names else None

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load) and node.id in self._names:
            return ast.Constant(self._names[node.id])
        return node

    def visit_Attribute(self, node):
        if isinstance(node.value, ast.Name) and node.attr in self._modules.get(node.value.id, ()):
            return ast.Constant(self._modules[node.value.id][node.attr])
        return self.generic_visit(node)
