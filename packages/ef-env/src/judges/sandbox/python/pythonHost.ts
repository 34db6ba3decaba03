/**
 * Python for the image: where this build differs from CPython on a server of 64 bits and a program would notice.
 */
export const PYTHON_HOST = `
import random, signal, sys, time, types

sys.maxsize = 2 ** 63 - 1

def wide_hash(value):
    if value != value or value in (float('inf'), float('-inf')):
        return hash(value)
    over, under = value.as_integer_ratio()
    prime = 2 ** 61 - 1
    found = abs(over) * pow(under, -1, prime) % prime
    return -found if value < 0 else found

def seed(self, a=None, version=2):
    small_seed(self, wide_hash(a) % 2 ** 64 if isinstance(a, float) else a, version)

small_seed = random.Random.seed
random.Random.seed = seed
random.seed = random._inst.seed

signal.alarm = lambda seconds: 0

resource = sys.modules['resource'] = types.ModuleType('resource')
for number, name in enumerate('CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS'.split()):
    setattr(resource, f'RLIMIT_{name}', number)
resource.RLIM_INFINITY = -1
resource.RUSAGE_SELF = 0
resource.getrlimit = lambda which: (-1, -1)
resource.setrlimit = lambda which, limits: None
resource.getrusage = lambda who: types.SimpleNamespace(ru_utime=time.process_time(), ru_stime=0.0, ru_maxrss=0)
`;
