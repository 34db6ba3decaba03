import { afterAll, describe, expect, test } from 'vitest';
import type { CodeProgram, CodeResult } from '../sandbox.ts';
import { pythonSandbox } from './pythonSandbox.ts';

// One sandbox for all: booting Pyodide takes seconds. The golden programs run in `pnpm conformance`.
const sandbox = pythonSandbox({ timeout: 4000, memoryMb: 128, outputBytes: 10_000 });
afterAll(() => sandbox.dispose());

const script = (code: string): Promise<CodeResult> => sandbox.run({ mode: 'script', code });
const solve = (body: string, expected: unknown): Promise<CodeResult> =>
  sandbox.run({
    mode: 'function',
    code: `def solve(n):\n ${body}`,
    tests: [{ args: [3], expected }],
  });

describe('pythonSandbox', () => {
  test('feeds stdin and compares what was printed, each test afresh', async () => {
    const code = 'import sys\nprint(sum(map(int, sys.stdin.read().split())))';
    const tests = [
      { stdin: '1 2\n', stdout: '3\n' },
      { stdin: '3\n4', stdout: '7' },
    ];
    expect(await sandbox.run({ mode: 'stdio', code, tests })).toMatchObject({
      outcome: 'pass',
      passed: 2,
    });
  });

  test.each([
    ['return {"a": (n, n / 2), 1: None}', { a: [3, 1.5], 1: null }, 'pass'],
    ['return 2 ** 80', 2 ** 80, 'pass'],
    ['return n > 0', 1, 'wrong'],
    ['return {n}', [3], 'wrong'],
    ['return range(n)', [0, 1, 2], 'pass'],
    ['return (x * x for x in range(n))', [0, 1, 4], 'pass'],
    ['from collections import deque; return deque([n, 1])', [3, 1], 'pass'],
    ['return reversed([1, n])', [3, 1], 'pass'],
    ['return {1: n}.items()', [[1, 3]], 'pass'],
    ['return 10 ** 18 + 5 * 10 ** 8', 1e18, 'wrong'],
    ['return 2880067194370816120', 2880067194370816120n, 'pass'],
    ['return 2880067194370816120 + 10 ** 6', 2880067194370816120n, 'wrong'],
    ['return 0.1 + 0.2 - 0.3', 0, 'pass'],
    ['pass', 0, 'wrong'],
    ['return float("nan")', null, 'wrong'],
    ['return type("E", (), {"__eq__": lambda *a: True})()', 3, 'wrong'],
    [
      'return type("N", (int,), {"__repr__": lambda s: "3", "__index__": lambda s: 3})(4)',
      3,
      'wrong',
    ],
  ] as const)('judges %s against %s: %s', async (body, expected, outcome) => {
    expect(await solve(body, expected)).toMatchObject({ outcome });
  });

  test('a coroutine runs to its end', async () => {
    const code = 'import asyncio\nasync def solve(n):\n await asyncio.sleep(0.01)\n return n';
    const program: CodeProgram = { mode: 'function', code, tests: [{ args: [3], expected: 3 }] };
    expect(await sandbox.run(program)).toMatchObject({ outcome: 'pass' });
  });

  test('assertions run in the program and cannot be skipped by leaving it', async () => {
    const run = (code: string) =>
      sandbox.run({ mode: 'assert', code, tests: ['assert f(1) == 2'] });
    expect(await run('f = lambda n: n + 1')).toMatchObject({ outcome: 'pass' });
    expect(await run('import sys\nf = lambda n: sys.exit(0)')).toMatchObject({
      outcome: 'exception',
      exception: { name: 'SystemExit' },
    });
  });

  test.each([
    ['x = 1\n1 / 0', { name: 'ZeroDivisionError', message: 'division by zero', line: 2 }],
    ['def f(:\n pass', { name: 'SyntaxError', line: 1 }],
    ['class E(Exception):\n def __str__(s): 1 / 0\nraise E', { name: 'E', line: 3 }],
    ['def f(n): return f(n)\nf(1)', { name: 'RecursionError', line: 1 }],
    ['a = []\nb = [a]\na.append(b)\na == b', { name: 'RecursionError', line: 4 }],
    ['import sys\nsys.exit(9)', { name: 'SystemExit', message: '9', line: 2 }],
  ])('tells name and line of what %j raises', async (code, exception) => {
    expect(await script(code)).toMatchObject({ outcome: 'exception', exception });
  });

  test('leaving with 0 is no exception, and exit handlers print', async () => {
    const code = 'import atexit, os, sys\natexit.register(lambda: os.write(1, b"z"))\nsys.exit(0)';
    expect(await script(code)).toMatchObject({ outcome: 'pass', stdout: 'z' });
  });

  test('nothing that a program did remains', async () => {
    await script(
      `import builtins, gc, json, os, random, sys
builtins.LEAK = json.loads = sys.stdout = 1
random.seed(9); sys.path.clear(); sys.setrecursionlimit(99); os.environ['X'] = '1'
os.dup2(2, 1); gc.disable(); builtins.__import__ = builtins.__build_class__ = None`,
    );
    const look = `import builtins, gc, json, os, random, sys
class C: pass
print(hasattr(builtins, 'LEAK'), json.loads('[1]'), sys.getrecursionlimit(), dict(os.environ), gc.isenabled())
print(random.random(), os.urandom(3), hash('a'), id(C))`;
    const { stdout } = await script(look);
    expect(stdout.split('\n')[0]).toBe('False [1] 1000 {} True');
    expect(await script(look)).toMatchObject({ outcome: 'pass', stdout });
  });

  test('whole arguments arrive with all their digits', async () => {
    const tests = [
      {
        args: [1e21, 12345678901234567890n],
        expected: '1000000000000000000000 12345678901234567890',
      },
    ];
    const code = 'def solve(*args): return " ".join(map(str, args))';
    expect(await sandbox.run({ mode: 'function', code, tests })).toMatchObject({ outcome: 'pass' });
  });

  test.each(['twoSum', 'Solution.twoSum', 'Solution().twoSum', 'new Solution().twoSum'])(
    'a method of a class is found as %s, with the names LeetCode imports',
    async (entry) => {
      const code = `class Solution:
    def twoSum(self, nums: List[int], target: int) -> List[int]:
        seen = defaultdict(lambda: -1)
        for i, n in enumerate(nums):
            if seen[target - n] >= 0: return [seen[target - n], i]
            seen[n] = i`;
      const tests = [{ input: '[3, 2, 4]\n6', output: '[1, 2]', testtype: 'functional' }];
      const result = await sandbox.run({ mode: 'function', code, entry, tests });
      expect(result).toMatchObject({ outcome: 'pass' });
    },
  );

  test('leaving with 0 after the definitions is no exception', async () => {
    const code = 'import sys\ndef solve(n): return n\nsys.exit(0)';
    const tests = [{ args: [3], expected: 3 }];
    expect(await sandbox.run({ mode: 'function', code, tests })).toMatchObject({ outcome: 'pass' });
  });

  // Right sides: CPython 3.12, 64 bits
  test.each([
    [
      'import sys; print(sys.maxsize, -sys.maxsize - 1)',
      '9223372036854775807 -9223372036854775808',
    ],
    [
      'print(len(range(10**10)), len(range(10**12, 0, -7)), len(range(5, 5)))',
      '10000000000 142857142858 0',
    ],
    [
      'from bisect import bisect_left; print(bisect_left(range(10**12), True, key=lambda x: x * x >= 10**15))',
      '31622777',
    ],
    [
      'import random; random.seed(42); random.random(); print(random.sample(range(10**12), 3), random.choice(range(2**40)))',
      '[811856239313, 267469214295, 151282538206] 226501419177',
    ],
    ['import random; random.seed(0.5); print(random.random())', '0.2794930785867423'],
    [
      'from itertools import islice; import sys; print(list(islice([1, 2], sys.maxsize)))',
      '[1, 2]',
    ],
    ['from collections import deque; print(deque([1], maxlen=10**10)[0])', '1'],
    [
      'print("once"); from array import array; print(array("l", [2**40])[0])',
      'once\n1099511627776',
    ],
    [
      'import resource, signal; resource.setrlimit(resource.RLIMIT_STACK, (-1, -1)); signal.alarm(9); print(1)',
      '1',
    ],
  ])('sizes and numbers of 64 bits: %s', async (code, stdout) => {
    expect(await script(code)).toMatchObject({ outcome: 'pass', stdout: `${stdout}\n` });
  });

  test.each(['x = [0] * 10**10', 'x = "ab" * 10**12'])(
    'more than 4 GiB is memory: %s',
    async (code) => {
      expect(await script(code)).toMatchObject({ outcome: 'memory' });
    },
  );

  test('a thread runs when it is started', async () => {
    const code = `import sys, threading
from concurrent.futures import ThreadPoolExecutor, as_completed
def main(): print(threading.current_thread().name, sum(map(int, sys.stdin.read().split())))
sys.setrecursionlimit(10**6); threading.stack_size(2**27)
thread = threading.Thread(target=main, name='main')
thread.start(); thread.join(); print(thread.is_alive(), threading.active_count())
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(pow, [2, 3], [2, 2])), [f.result() for f in as_completed([pool.submit(len, 'ab')])])
def bad(): 1 / 0
thread = threading.Thread(target=bad); thread.start(); thread.join(); print('on')`;
    const tests = [{ stdin: '1 2', stdout: 'main 3\nFalse 1\n[4, 9] [2]\non' }];
    const result = await sandbox.run({ mode: 'stdio', code, tests });
    expect(result).toMatchObject({
      outcome: 'pass',
      stderr: expect.stringContaining('ZeroDivisionError'),
    });
    expect(await script('import queue; queue.Queue().get()')).toMatchObject({
      exception: {
        name: 'RuntimeError',
        message: expect.stringContaining('waits for another thread'),
      },
    });
  });

  test.each([
    ['assert solve(2) == 4, f"must be 4, got {solve(2)}"', 'does not do what the test asks for.'],
    ['import unittest; unittest.TestCase().assertEqual(solve(2), 4)', 'does not do what'],
    ['def want(x): raise ValueError("4")\nsolve(want)', 'does not do what'],
    ['print("want 4"); assert solve(2) == 4', 'does not do what'],
    ['raise ValueError("name \'x4\' is not defined")', 'does not do what'],
    ['assert other(2) == 4', "NameError: name 'other' is not defined"],
    ['assert solve() == 4', 'TypeError: solve() missing 1 required positional argument'],
    ['assert solve("4") == 4', 'TypeError: unsupported operand'],
  ])('what a test expects does not leak: %s', async (test, words) => {
    const code = 'def solve(x):\n    return x(3) if callable(x) else x - 0';
    const { feedback } = await sandbox.run(
      { mode: 'assert', code, tests: [test] },
      { reveal: 'input' },
    );
    expect(feedback).toContain(words);
    expect(feedback).not.toContain('4');
  });

  test.each([
    ['assert solve(2) = 4', 'is no Python: invalid syntax (its line 1)'],
    ['x = 1\nassert solve(2) == 4)', 'its line 2'],
    ['return solve(2) == 4', "is no Python: 'return' outside function"],
    ['assert await solve(2) == 4', 'is no Python'],
    ['def check(f):\n    assert f(2) == 4', 'checks nothing: it defines check and never calls it'],
    ['"the answer is 4"', 'checks nothing'],
    ['import math', 'checks nothing'],
  ])('a test that judges no program is `task`: %s', async (test, message) => {
    const code = 'def solve(x):\n    return 4';
    const running = sandbox.run({ mode: 'assert', code, tests: ['assert solve(2) == 4', test] });
    await expect(running).rejects.toMatchObject({ code: 'task' });
    await expect(running).rejects.toThrow(message);
  });

  test('a test that defines what checks the program and calls it is one', async () => {
    const test = 'def check(f):\n    assert f(2) == 4\ncheck(solve)';
    const judge = async (code: string) => sandbox.run({ mode: 'assert', code, tests: [test] });
    expect(await judge('def solve(x):\n    return 4')).toMatchObject({ outcome: 'pass' });
    expect(await judge('def solve(x):\n    pass')).toMatchObject({ outcome: 'exception' });
  });

  test.each([
    'import js',
    'import pyodide.code',
    'import ctypes',
    'import urllib.request',
    'import socket; socket.create_connection(("127.0.0.1", 9))',
    'import subprocess; subprocess.run(["ls"])',
    'open("package.json")',
    'open("planted", "w")',
    'import os; os.listdir("/")',
    'import sys; sys.meta_path.pop(0); import pyodide.code as c; c.run_js("1")',
  ])('refuses %s', async (code) => {
    expect(await script(code)).toMatchObject({ outcome: 'exception' });
  });

  test('a program that finds the rest of the bridge to JavaScript only ends its worker', async () => {
    const code =
      'import sys; sys.meta_path.pop(0); import _pyodide_core as c; c.to_js([1]); print(1)';
    expect(await script(code)).toMatchObject({ outcome: 'crash', stdout: '' });
    expect(await script('print(2)')).toMatchObject({ outcome: 'pass', stdout: '2\n' });
  });

  test('memory ends at the limit', async () => {
    expect(await script('x = bytearray(2 * 10 ** 8)')).toMatchObject({ outcome: 'memory' });
    expect(await script('x = bytearray(10 ** 11)')).toMatchObject({ outcome: 'memory' });
    expect(await script('x = bytearray(5 * 10 ** 7); print(len(x))')).toMatchObject({
      stdout: '50000000\n',
    });
  });

  test('time and output end at their limits, and what was printed is kept', async () => {
    const endless = await script('print("a")\nwhile True: pass');
    expect(endless).toMatchObject({ outcome: 'timeout', stdout: 'a\n' });
    const flood = await script('while True: print("é" * 99)');
    expect(flood).toMatchObject({ outcome: 'output-limit' });
    expect(new TextEncoder().encode(flood.stdout).length).toBeLessThanOrEqual(10_000);
  });

  test('throws `option` for too little memory', () => {
    expect(() => pythonSandbox({ memoryMb: 32 })).toThrow('must be from 64 to 4096, got 32');
  });
});
