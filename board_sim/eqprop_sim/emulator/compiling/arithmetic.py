"""32-bit arithmetic for compiled kernels: a vector register holds twice as many such numbers as numba's of 64 bits.

No kernel of the runtime exceeds 31 bits on any board, so 32 bits hold all that it computes. `narrowed` compiles a
module whose functions call an intrinsic for each operation, and index arrays with unsigned numbers, because numba
otherwise checks whether each index counts from the end. Indices keep numba's 64 bits: LLVM can then prove that
items follow each other in memory.
"""

import ast

import numba
from numba.core import types
from numba.extending import intrinsic


def _of_32_bits(operation):
    """Return an intrinsic for the low 32 bits of two integers. operation: a method of LLVM's builder, by name."""

    def in_32_bits(_, one, other):
        if not all(isinstance(each, types.Integer | types.Boolean) for each in (one, other)):
            return None

        def generate(context, builder, signature, values):
            typed = zip(values, signature.args, strict=True)
            return getattr(builder, operation)(*(context.cast(builder, v, kind, types.int32) for v, kind in typed))

        return types.int32(one, other), generate

    return intrinsic(in_32_bits)


_OPERATIONS = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.LShift: "shl",
    ast.RShift: "ashr",
    ast.BitAnd: "and_",
    ast.BitOr: "or_",
    ast.BitXor: "xor",
}
_NUMBER, _INDEX = "_number", "_index"

NAMES = {f"_{name}": _of_32_bits(name) for name in _OPERATIONS.values()} | {_NUMBER: numba.int32, _INDEX: numba.uintp}
"""What the functions of a narrowed module call, by name."""


class _Narrowing(ast.NodeTransformer):
    """Rewrites statements of a kernel. Divisions and the limits of `range` stay as they are."""

    def visit_BinOp(self, node):
        self.generic_visit(node)
        operation = _OPERATIONS.get(type(node.op))
        return _call(f"_{operation}", node.left, node.right) if operation else node

    def visit_AugAssign(self, node):
        held = ast.parse(ast.unparse(node.target), mode="eval").body
        return self.visit(ast.Assign([node.target], ast.BinOp(held, node.op, node.value)))

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.USub):
            return self.generic_visit(node)
        return self.visit(ast.BinOp(ast.Constant(0), ast.Sub(), node.operand))

    def visit_Constant(self, node):
        return _call(_NUMBER, node) if type(node.value) is int else node

    def visit_Subscript(self, node):
        node.value = self.visit(node.value)
        if isinstance(node.slice, ast.UnaryOp):
            raise ValueError(f"line {node.lineno}: a kernel counts from an array's end")
        if not isinstance(node.slice, ast.Constant | ast.Slice):
            node.slice = _call(_INDEX, node.slice)
        return node

    def visit_Call(self, node):
        return node if isinstance(node.func, ast.Name) and node.func.id == "range" else self.generic_visit(node)


def _call(name, *arguments):
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def narrowed(path):
    """Return the code of the module at `path` (a `Path`), its functions with arithmetic of 32 bits."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for each in tree.body:
        if isinstance(each, ast.FunctionDef):
            each.body = [_Narrowing().visit(statement) for statement in each.body]
    return compile(ast.fix_missing_locations(tree), str(path), "exec")
