import { PYTHON_ENTRY } from './pythonEntry.ts';
import { PYTHON_HOST } from './pythonHost.ts';
import { PYTHON_THREADS } from './pythonThreads.ts';
import { PYTHON_WIDE } from './pythonWide.ts';

/** Run one after the other; what they define is `parts`. */
const PARTS: readonly string[] = [PYTHON_ENTRY, PYTHON_HOST, PYTHON_THREADS, PYTHON_WIDE];

/**
 * Runs once in the interpreter that the image is made of. Python, since it sets up Python: loads what programs
 * import most, takes out Pyodide's bridge to JavaScript, gives `asyncio` a loop that needs no sockets.
 *
 * Its last expression is JSON: the addresses of the objects that {@link pythonImage} keeps alive.
 */
export const PYTHON_PREPARATION: string = `
import asyncio, atexit, builtins, gc, json, linecache, os, pyodide.webloop, sys, time, types
for name in '''abc array ast bisect calendar cmath collections.abc contextlib copy csv dataclasses datetime
        decimal enum fractions functools hashlib heapq inspect itertools logging math numbers operator os
        pprint queue random re statistics string struct textwrap threading traceback typing unicodedata
        warnings weakref'''.split():
    __import__(name)

class Waiting:
    def select(self, timeout):
        time.sleep(3600 if timeout is None else max(0, timeout))
        return []
    def close(self):
        pass

class EventLoop(asyncio.base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self._selector = Waiting()
    def _process_events(self, events):
        pass
    def _write_to_self(self):
        pass

class EventLoopPolicy(asyncio.events._BaseDefaultEventLoopPolicy):
    _loop_factory = EventLoop

asyncio.events._set_event_loop_policy(EventLoopPolicy())
asyncio.events._set_running_loop(None)
asyncio.EventLoop = EventLoop
asyncio.run = pyodide.webloop._orig_run
time.sleep = pyodide.webloop._orig_sleep
os.environ.clear()

for name in list(sys.modules):
    root = name.split('.')[0]
    if root in ('subprocess', '_posixsubprocess', 'socket', '_socket', 'ssl', '_ssl', 'multiprocessing'):
        vars(sys.modules.pop(name)).clear()  # asyncio keeps the module, not its classes
    if root in ('js', 'pyodide_js', 'pyodide', '_pyodide', '_pyodide_core'):
        del sys.modules[name]

class NotHere:
    names = set('''js pyodide_js pyodide _pyodide _pyodide_core ctypes _ctypes _posixsubprocess multiprocessing
        ftplib http.client http.server imaplib poplib smtplib socketserver urllib.request xmlrpc'''.split())
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name in cls.names:
            raise ModuleNotFoundError(f'No module named {name!r} here: programs have no network and no processes', name=name)

sys.meta_path[:] = [NotHere] + [f for f in sys.meta_path if 'yodide' not in str(f)]
sys.path[:] = [p for p in sys.path if p.endswith('.zip')]
sys.path_importer_cache.clear()
linecache.clearcache()
sys.argv[:] = ['program.py']
sys.excepthook = sys.__excepthook__
sys.displayhook = sys.__displayhook__
sys.unraisablehook = sys.__unraisablehook__
sys.stdout.reconfigure(line_buffering=True, write_through=False)

parts = {}
for source in ${JSON.stringify(PARTS)}:
    exec(compile(source, '<sandbox>', 'exec'), parts)

import __main__
solution = sys.modules['solution'] = types.ModuleType('solution')
__main__.__dict__.clear()
__main__.__dict__.update(solution.__dict__, __name__='__main__')
for module in (__main__, solution):
    module.__builtins__ = builtins

kept = dict(
    main=__main__.__dict__, solution=solution.__dict__, compile=compile, loads=json.loads,
    runAsync=asyncio.run, atExit=atexit._run_exitfuncs,
    begin=parts['begin'], findEntry=parts['find_entry'], listed=parts['listed'], faultOfTest=parts['fault_of_test'],
    widen=parts['widen'], stdout=sys.stdout, stderr=sys.stderr,
)
gc.collect()
gc.freeze()
json.dumps({'library': sys.path[0], 'objects': {name: id(value) for name, value in kept.items()}})
`;
