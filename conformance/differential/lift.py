"""Takes single functions and classes out of a project's source file, without importing the project.

The file is parsed, the named top-level definitions are compiled as they stand (decorators and annotations dropped, so that
nothing else of the project is needed), and executed in a namespace of ours. Nothing of the source is stored here.
"""
import __future__
import ast
import sys
from pathlib import Path


class _Bare(ast.NodeTransformer):
    """Drops what needs the rest of the project: decorators and annotations."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.decorator_list, node.returns = [], None
        for argument in [*node.args.args, *node.args.kwonlyargs, *node.args.posonlyargs]:
            argument.annotation = None
        return node

    def visit_AnnAssign(self, node):
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else ast.copy_location(ast.Pass(), node)


def lift(file, names, namespace):
    """Adds the named functions of `file` to `namespace`; the dataclasses it needs are the caller's."""
    path = Path(file)
    if not path.is_file():
        sys.exit(f"{path} does not exist: pass the path of a checkout.")
    found = {node.name: node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
    missing = [name for name in names if name not in found]
    if missing:
        sys.exit(f"{path} has no {', '.join(missing)}: another version than the one this was written for.")
    module = ast.Module([_Bare().visit(found[name]) for name in names], [])
    code = compile(ast.fix_missing_locations(module), str(path), "exec", __future__.annotations.compiler_flag)
    exec(code, namespace)
    return namespace
