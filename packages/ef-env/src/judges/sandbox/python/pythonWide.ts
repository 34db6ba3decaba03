/**
 * Python for the image. Sizes are 32 bits in this build: `widen` replaces what CPython of 64 bits does with larger
 * ones and no more memory. The replacements are slower, so a test runs with them only after it met such a size.
 */
export const PYTHON_WIDE = `
import array, bisect, builtins, collections, functools, inspect, itertools, operator

LIMIT = 2 ** 31 - 1
small_len, small_islice, small_repeat, small_cache = len, itertools.islice, itertools.repeat, functools.lru_cache
plain_bisect = {}
exec(inspect.getsource(bisect).replace('from _bisect import *', 'pass'), plain_bisect)

def wide_len(obj, /):
    try:
        return small_len(obj)
    except OverflowError:
        if type(obj) is not range:
            return operator.index(type(obj).__len__(obj))
        low, high = (obj.start, obj.stop) if obj.step > 0 else (obj.stop, obj.start)
        return max(0, (high - low - 1) // abs(obj.step) + 1)

def at_most(size):
    return min(size, LIMIT) if isinstance(size, int) else size

class wide_deque(collections.deque):
    def __init__(self, iterable=(), maxlen=None):
        super().__init__(iterable, None if maxlen is not None and maxlen > LIMIT else maxlen)
wide_deque.__name__ = wide_deque.__qualname__ = 'deque'

class wide_array(array.array):
    def __new__(cls, typecode, *initial):
        return super().__new__(cls, {'l': 'q', 'L': 'Q'}.get(typecode, typecode), *initial)
wide_array.__name__ = wide_array.__qualname__ = 'array'

def wide_cache(maxsize=128, typed=False):
    return small_cache(None if isinstance(maxsize, int) and maxsize > LIMIT else maxsize, typed)

def widen():
    builtins.len = wide_len
    for name in 'bisect bisect_left bisect_right insort insort_left insort_right'.split():
        setattr(bisect, name, plain_bisect[name])
    itertools.islice = lambda iterable, *sizes: small_islice(iterable, *map(at_most, sizes))
    itertools.repeat = lambda value, *times, **named: small_repeat(value, *map(at_most, [*times, *named.values()]))
    collections.deque, array.array, functools.lru_cache = wide_deque, wide_array, wide_cache
`;
