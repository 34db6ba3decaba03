// Above 300 lines: one sandbox for all, whose workers are counted at the end.
import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebWorker } from '../../../platform/platform.ts';
import type { CodeOutcome, CodeProgram, CodeResult } from '../sandbox.ts';
import { javascriptSandbox } from './javascriptSandbox.ts';

const script = (code: string): CodeProgram => ({ mode: 'script', code });
const call = (code: string, expected: unknown, args: unknown[] = []): CodeProgram => ({
  mode: 'function',
  code,
  tests: [{ args, expected }],
});

const started: Worker[] = [];
const noteWorker = (worker: Worker): void => void started.push(worker);
const alive = (): number => started.filter(({ threadId }) => threadId !== -1).length; // -1 once it has ended
const sandbox = javascriptSandbox({ concurrency: 2 });
beforeAll(() => void process.on('worker', noteWorker));
afterAll(async () => {
  process.off('worker', noteWorker);
  await sandbox.dispose();
});

describe('modes', () => {
  test('stdio: each test has its own input and starts afresh', async () => {
    const result = await sandbox.run({
      mode: 'stdio',
      code: 'globalThis.seen = (globalThis.seen ?? 0) + 1;\nconsole.log(seen, input.trim());',
      tests: [
        { stdin: 'a\n', stdout: '1 a' },
        { stdin: 'b\n', stdout: '1 b\n' },
      ],
    });
    expect(result).toMatchObject({ outcome: 'pass', passed: 2, total: 2, stdout: '1 b\n' });
  });

  test('function: promises are awaited and timers run without waiting', async () => {
    const code = `const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
async function solve(n) { await sleep(1e6); return { twice: [n, n] }; }`;
    const result = await sandbox.run(call(code, { twice: [3, 3] }, [3]));
    expect(result.outcome).toBe('pass');
    expect(result.milliseconds).toBeLessThan(1000);
  });

  test('assert: tests run in the scope of the program', async () => {
    const holds = (n: number): string => `if (add(1, 2) !== ${n}) throw new Error('not ${n}');`;
    const code = 'const add = (a, b) => a + b;';
    const result = await sandbox.run({ mode: 'assert', code, tests: [holds(3), holds(4)] });
    expect(result).toMatchObject({ outcome: 'exception', passed: 1, exception: { line: null } });
    expect(result.feedback).toContain('Error: not 4');
  });

  test('script: a rejected promise at its end is an exception', async () => {
    const result = await sandbox.run(script('async function main() {\n  null.x;\n}\nmain();'));
    expect(result.exception).toEqual({
      name: 'TypeError',
      message: "cannot read property 'x' of null",
      line: 2,
    });
  });
});

describe('assertions', () => {
  const holds = (code: string, test: string): Promise<CodeResult> =>
    sandbox.run({ mode: 'assert', code, tests: [test] }, { reveal: 'input' });

  test.each([
    ["if (f(2) !== 4) throw new Error('want 4');", 'does not do what the test asks for.'],
    ["throw 'want 4';", 'does not do what'],
    ["require('assert').strictEqual(f(2), 4);", 'does not do what'],
    ["console.log('want 4'); if (f(2) !== 4) throw 0;", 'does not do what'],
    ["f(() => { throw new Error('4'); });", 'does not do what'],
    ["throw new Error('4 is not a function');", 'does not do what'],
    ['g(2) === 4 || fail();', "ReferenceError: 'g' is not defined"],
    ['f(null) === 4;', 'TypeError'],
  ])('what one expects does not leak: %s', async (test, words) => {
    const { feedback, outcome } = await holds(
      'const f = (x) => (typeof x === "function" ? x() : x.y ?? x);',
      test,
    );
    expect(outcome).toBe('exception');
    expect(feedback).toContain(words);
    expect(feedback).not.toContain('4');
  });

  test.each(['f(2) === 4)', 'assert f(2) == 4', '}', 'return f(2) === 4;'])(
    'a test that is no code is `task`, not the fault of the program: %s',
    async (test) => {
      const running = holds('const f = () => 4;', test);
      await expect(running).rejects.toMatchObject({ code: 'task' });
      await expect(running).rejects.toThrow("test 0 of mode 'assert' is no JavaScript: ");
    },
  );

  test.each([
    ['const f = async () => 4;', 'pass'],
    ['const f = async () => 5;', 'exception'],
    ['export const f = async () => 4;', 'pass'],
    ['const f = async () => { throw new Error("no"); };', 'exception'],
  ])('one that waits for a promise: %s', async (code, outcome) => {
    const tests = ["if ((await f(2)) !== 4) throw new Error('want 4');"];
    expect(await sandbox.run({ mode: 'assert', code, tests })).toMatchObject({ outcome });
    const inside = ["(async () => { if ((await f(2)) !== 4) throw new Error('want 4'); })()"];
    expect(await sandbox.run({ mode: 'assert', code, tests: inside })).toMatchObject({ outcome });
  });

  test.each([
    'const f = 1; /*',
    'const f = 1; } if (0) {',
    'const t = `',
    'return;',
    '//',
    'eval = () => 1; globalThis.hand = () => 1; var process = 0, exports = 0;',
    'process.exit(0);',
    'x: for (;;) break x;',
    'export const f = 1;',
    'throw 0;',
  ])('cannot be skipped by %j', async (code) => {
    expect(await holds(code, 'throw new Error();')).toMatchObject({ outcome: 'exception' });
  });
});

describe('results and errors', () => {
  test.each<[string, CodeProgram, Partial<CodeResult>]>([
    ['a missing function', call('', 1), { outcome: 'exception' }],
    [
      'a promise nothing settles',
      call('const solve = () => new Promise(() => {});', 1),
      { outcome: 'exception' },
    ],
    ['undefined', call('const solve = () => {};', 1), { outcome: 'wrong' }],
    ['a BigInt', call('const solve = () => 2n ** 80n;', 2n ** 80n), { outcome: 'pass' }],
    ['a small BigInt', call('const solve = () => 4n;', 4), { outcome: 'pass' }],
    [
      'a BigInt as an argument',
      call('const solve = (n) => n + 1n;', 2n ** 80n + 1n, [2n ** 80n]),
      { outcome: 'pass' },
    ],
    [
      'a double beyond 2^53, digit by digit',
      call('const solve = () => 2 ** 61;', 2n ** 61n),
      { outcome: 'pass' },
    ],
    ['a set', call('const solve = () => new Set([3, 1]);', [3, 1]), { outcome: 'pass' }],
    ['a map', call("const solve = () => new Map([['a', [1]]]);", { a: [1] }), { outcome: 'pass' }],
    [
      'a typed array',
      call('const solve = () => ({ v: new Int8Array([3, 1]) });', { v: [3, 1] }),
      { outcome: 'pass' },
    ],
    ['a generator', call('function* solve() { yield 3; yield 1; }', [3, 1]), { outcome: 'pass' }],
    ['terms that cancel', call('const solve = () => 0.1 + 0.2 - 0.3;', 0), { outcome: 'pass' }],
    [
      'text that begins with NUL',
      call('const solve = (s) => s;', '\0n5', ['\0n5']),
      { outcome: 'pass' },
    ],
    [
      'a cycle',
      call('const solve = () => { const o = {}; o.o = o; return o; };', {}),
      { outcome: 'wrong' },
    ],
    [
      'built-ins replaced',
      call(
        "JSON.stringify = () => '1'; Reflect.apply = () => 1; Promise.prototype.then = 0; const solve = () => 2;",
        1,
      ),
      { outcome: 'wrong' },
    ],
    [
      'NUL and lone surrogates',
      call("const solve = (s) => s + '\\0';", 'a\0\ud83d\0', ['a\0\ud83d']),
      { outcome: 'pass' },
    ],
    [
      'as deep a recursion as in Node',
      call('const solve = (n) => (n === 0 ? 0 : 1 + solve(n - 1));', 9000, [9000]),
      { outcome: 'pass' },
    ],
  ])('%s', async (_, program, expected) => {
    expect(await sandbox.run(program)).toMatchObject(expected);
  });

  test.each<[string, string, { name: string | null; line: number | null }]>([
    ['a syntax error', 'let a = 1;\nlet a = 2;', { name: 'SyntaxError', line: 2 }],
    [
      "an error's own class",
      'class Odd extends TypeError {\n  constructor(m) { super(m); }\n}\nthrow new Odd();',
      { name: 'Odd', line: 4 },
    ],
    ['endless recursion', '\nconst f = () => f() + 1;\nf();', { name: 'RangeError', line: 2 }],
    ['a string', "throw 'x';", { name: null, line: null }],
    ['null', 'throw null;', { name: null, line: null }],
    [
      'an object that throws when read',
      'throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 2; } });',
      { name: null, line: null },
    ],
    [
      'an error that throws when read',
      "const e = new Error();\nfor (const k of ['name', 'message', 'stack', 'constructor']) Object.defineProperty(e, k, { get() { throw 1; } });\nthrow e;",
      { name: 'Error', line: null },
    ],
    [
      'in a timer',
      'setTimeout(() => {\n  throw new URIError();\n}, 5);',
      { name: 'URIError', line: 2 },
    ],
    [
      'in a micro-task',
      'queueMicrotask(() => {\n  throw new EvalError();\n});\nconsole.log(1);',
      { name: 'EvalError', line: 2 },
    ],
  ])('thrown: %s', async (_, code, expected) => {
    const { outcome, exception } = await sandbox.run(script(code));
    expect(outcome).toBe('exception');
    expect(exception).toMatchObject(expected);
  });

  test('console prints as Node does, errors on stderr', async () => {
    const code =
      "console.log('%s has %d', 'a', 2, [1], { b: null });\nconsole.error(new Map([[1, 2n]]));";
    const { stdout, stderr } = await sandbox.run(script(code));
    expect(stdout).toBe('a has 2 [ 1 ] { b: null }\n');
    expect(stderr).toBe('Map(1) { 1 => 2n }\n');
  });

  test('nothing of the host can be reached', async () => {
    const names =
      'process require module global window self fetch Worker WebAssembly postMessage std os Deno';
    const code = `const f = console.log.constructor.constructor('return this')();
console.log('${names}'.split(' ').filter((name) => name in f).join() || 'none');
import('child_process').catch((e) => console.log(e.message));
try { require('fs').readFileSync('package.json'); } catch (e) { console.log(e.code, process.constructor.constructor('return typeof process + typeof require')()); }`;
    expect((await sandbox.run(script(code))).stdout).toBe(
      "none\nENOENT undefinedundefined\nCannot find module 'child_process'\n",
    );
  });
});

// 30 programs that want to do harm. `timeout` stands beside what a busy machine may not reach in time.
const HOSTILE: [CodeOutcome[], string[]][] = [
  [
    ['timeout'],
    [
      'for (;;) { try { for (;;) {} } catch {} }',
      "/(a+)+$/.test('a'.repeat(48) + 'b');",
      'const f = () => Promise.resolve().then(f);\nf();',
      'setInterval(() => {}, 1);',
    ],
  ],
  [
    ['memory', 'timeout'],
    ['const v = []; for (;;) v.push(new Uint8Array(1e6));', "'x'.repeat(2 ** 29);"],
  ],
  [
    ['output-limit', 'timeout'],
    [
      "for (;;) console.log('date'.repeat(100));",
      "console.log('x'.repeat(1e7));",
      "console.error(Array.from({ length: 100 }, () => 'x'.repeat(1e4)));",
    ],
  ],
  [
    ['exception', 'timeout'],
    [
      'const f = () => f();\nf();',
      "const o = { toString() { return '' + this; } };\n'' + o;",
      "eval('['.repeat(1e5));",
      'new ArrayBuffer(2 ** 46);',
      '(9n ** (9n ** 7n)).toString();',
    ],
  ],
  [
    ['exception'],
    [
      'process.exit(1);',
      "require('child_process').execSync('id');",
      'throw { get message() { throw 1; }, get stack() { throw 2; } };',
      'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6e4);',
      "new Worker('data:text/javascript,1');",
      'throw new Proxy({}, { get() { throw 1; } });',
    ],
  ],
  [
    ['pass', 'exception'],
    [
      "Object.prototype.polluted = 'LEAKED'; Array.prototype.map = () => ['LEAKED'];",
      'Promise.prototype.then = Function.prototype.call = Function.prototype.apply = () => 1;',
      'Array.prototype[Symbol.iterator] = function* () { yield 1; };',
      "Object.defineProperty(Object.prototype, 'kind', { get() { return 'tested'; } });",
      'delete globalThis.console; delete globalThis.Object;',
      'console.log = JSON.stringify = JSON.parse = String = null;',
      "Error.prepareStackTrace = () => 'program.js:1:1'; Object.freeze(globalThis);",
      "import('child_process').then(() => console.log('LEAKED'));",
      "globalThis.then = (f) => f('LEAKED');",
      "console.log('\\ud83d', '\\0');",
    ],
  ],
];

describe('hostile programs', () => {
  test('that fill their memory end as `memory`, with things large or small', async () => {
    const small = javascriptSandbox({ memoryMb: 32, timeout: 10_000 });
    for (const code of [
      'const a = []; for (;;) a.push(new Array(1e5).fill(1));',
      'const a = []; for (;;) a.push({});',
      'let a; for (;;) a = { a };',
      'const f = () => Promise.resolve().then(f); f();',
      "const a = []; for (let i = 0; ; i++) a.push('x' + i);",
    ]) {
      expect(await small.run(script(code)), code).toMatchObject({ outcome: 'memory' });
    }
    expect(await small.run(script('throw null;'))).toMatchObject({ outcome: 'exception' });
    await small.dispose();
  });

  test('end as they should and leave no worker and no listener', async () => {
    const limited = javascriptSandbox({ concurrency: 2, timeout: 300, memoryMb: 64 });
    const { signal } = new AbortController();
    const before = alive();
    const runs = HOSTILE.flatMap(([expected, programs]) =>
      programs.map(async (code) => {
        const { outcome, stdout } = await limited.run(script(code), { signal });
        expect(alive()).toBeLessThanOrEqual(before + 2);
        expect(stdout).not.toContain('LEAKED');
        return expected.includes(outcome) ? null : `${code} ended as ${outcome}`;
      }),
    );
    expect((await Promise.all(runs)).filter((fault) => fault !== null)).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    const after = await limited.run(
      script('console.log({}.polluted, [1].map((x) => x), JSON.stringify([1]));'),
    );
    expect(after.stdout).toBe('undefined [ 1 ] [1]\n');
    await limited.dispose();
    expect(alive()).toBe(before);
  }, 120_000);
});

describe('life', () => {
  test('aborting ends the run with the reason of the signal; the next run gets a new worker', async () => {
    const controller = new AbortController();
    const endless = sandbox.run(script('for (;;) {}'), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(endless).rejects.toThrow('enough');
    expect((await sandbox.run(script('1'))).outcome).toBe('pass');
  });

  test('an idle sandbox does not keep the process alive', async () => {
    const index = new URL('../../../index.ts', import.meta.url).href;
    const program = `import { javascriptSandbox } from '${index}';
      const { outcome } = await javascriptSandbox().run({ mode: 'script', code: '1' });
      console.log(outcome);`;
    const flags = ['--conditions=@molrl/source', '--import', 'tsx', '--input-type=module'];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, '-e', program], {
      timeout: 30_000, // it would never end
    });
    expect(stdout).toBe('pass\n');
  });

  test('disposing rejects what runs and what comes later', async () => {
    const own = javascriptSandbox();
    const running = expect(own.run(script('1'))).rejects.toMatchObject({ code: 'sandbox' });
    await own.dispose();
    await running;
    await expect(own.run(script('1'))).rejects.toMatchObject({ code: 'sandbox' });
  });

  test('a missing package is told', async () => {
    const answer = { kind: 'failed', code: 'missing-peer', message: 'install it' };
    const worker: WebWorker = {
      postMessage() {
        queueMicrotask(() => this.onmessage?.({ data: answer }));
      },
      terminate: () => {},
      onmessage: null,
      onerror: null,
    };
    await expect(
      javascriptSandbox({ worker: () => worker }).run(script('1')),
    ).rejects.toMatchObject({
      code: 'missing-peer',
      message: 'install it',
    });
  });

  test('throws `option` for limits that are none, `task` for no tests', async () => {
    expect(() => javascriptSandbox({ timeout: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: javascriptSandbox: timeout must be an integer >= 1, got 0.]`,
    );
    const long = [{ stdin: '', stdout: 'x\n'.repeat(40_000) }];
    const impossible = sandbox.run({ mode: 'stdio', code: '', tests: long });
    await expect(impossible).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: run: the tests expect 80000 bytes of output, the sandbox allows 65536, all tests together. Make it with outputBytes: 160000, or leave out long tests.]`,
    );
    const asLongAsAllowed = [{ stdin: '', stdout: 'x'.repeat(65_536) }]; // its line does not fit
    const line = sandbox.run({ mode: 'stdio', code: '', tests: asLongAsAllowed });
    await expect(line).rejects.toMatchObject({ code: 'task' });
    const empty = sandbox.run({ mode: 'stdio', code: '', tests: [] });
    await expect(empty).rejects.toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: run: mode 'stdio' needs at least one test, got none.]`,
    );
  });
});
