/**
 * Python for the image. `find_entry` is the callable that a task names: a function, or a method of a class that is made
 * without arguments, as LeetCode's `Solution`. `begin` gives programs with such a class the names that LeetCode and
 * LiveCodeBench import for them. `listed` turns what a caller would read one by one into a list. `fault_of_test` says why the
 * code of a test cannot judge any program, `None` if it can.
 */
export const PYTHON_ENTRY = `
import ast, collections.abc, re

starter = {}
for name in '''string re datetime collections heapq bisect copy math random statistics itertools functools operator
        io json builtins typing'''.split():
    exec(f'from {name} import *', starter)
    starter[name] = __import__(name)
starter = {name: value for name, value in starter.items() if not name.startswith('_')}

def begin(namespace, code):
    if re.search(r'^class Solution\\b', code, re.M):
        for name, value in starter.items():
            namespace.setdefault(name, value)

def find_entry(namespace, entry):
    name, *path = entry.removeprefix('new ').replace('()', '').split('.')
    if name in namespace:
        found = namespace[name]
    elif not path and hasattr(namespace.get('Solution'), name):
        found, path = namespace['Solution'], [name]
    else:
        raise NameError(f'name {name!r} is not defined', name=name)
    for attribute in path:
        found = getattr(found() if isinstance(found, type) else found, attribute)
    return found

ONE_BY_ONE = (collections.deque, range, collections.abc.Iterator, collections.abc.MappingView)

def listed(value):
    return list(value) if isinstance(value, ONE_BY_ONE) else value

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Pass)

def fault_of_test(code):
    try:
        tree = ast.parse(code)
        compile(tree, '<test>', 'exec', dont_inherit=True)
    except SyntaxError as error:
        return f'is no Python: {error.msg} (its line {error.lineno})'
    except Exception:
        return None  # too deep to be looked at
    body = [node for node in tree.body if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))]
    if not all(isinstance(node, DEFINITIONS) for node in body):
        return None
    names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
    return 'checks nothing' + (f': it defines {names[-1]} and never calls it' if names else '')
`;
