// Runs in a browser page: what users of the package do there, on the built files.
import {
  codewords,
  codewordsTask,
  collect,
  createRandom,
  EfEnvError,
  type EfEnvErrorCode,
  gradeMath,
  gymScore,
  gymTask,
  javascriptSandbox,
  type Policy,
  pythonSandbox,
  readRows,
  readTrajectories,
  type Sandbox,
  type SandboxOptions,
  typescriptCompiler,
} from '@molrl/ef-env';
import { equal } from './equal.ts';

type Check = () => Promise<void>;

/** A browser's class, as far as it is used here. */
declare const Worker: new (
  url: string,
  options: { type: 'module' },
) => ReturnType<NonNullable<SandboxOptions['worker']>>;
/** Workers that were started, and how many of them were ended. */
const workers = { started: 0, ended: 0 };

const worker = (file: string) => (): InstanceType<typeof Worker> => {
  const started = new Worker(file, { type: 'module' });
  workers.started += 1;
  const terminate = started.terminate.bind(started);
  started.terminate = () => {
    workers.ended += 1;
    terminate();
  };
  return started;
};

async function errorCode(action: () => unknown): Promise<EfEnvErrorCode | string> {
  try {
    await action();
    return 'no error';
  } catch (error) {
    return error instanceof EfEnvError ? error.code : String(error);
  }
}

/** Never right. */
const zeros: Policy = {
  generate: async (conversations) =>
    conversations.map((_, turn) => ({
      speaker: 'assistant',
      kind: 'policy',
      turn,
      text: '0000',
    })),
};

/** Long enough for a machine that takes seconds to hand out memory; an endless loop waits for it. */
const timeout = 5000;
/** Live through several checks, as in an application. */
const sandboxes = {
  javascript: javascriptSandbox({ worker: worker('/javascriptWorker.js'), timeout }),
  python: pythonSandbox({
    worker: worker('/pythonWorker.js'),
    timeout,
    indexURL: '/pyodide/',
  }),
};

const script = async (sandbox: Sandbox, code: string): Promise<string> => {
  const { outcome, exception } = await sandbox.run({ mode: 'script', code });
  return exception === null ? outcome : `${outcome}: ${exception.name} in line ${exception.line}`;
};

/** What both languages must do with a right program, a wrong one, one that throws and one that never ends. */
const sandboxChecks = (
  sandbox: Sandbox,
  code: { add: string; raise: string; loop: string; grow: string; denied: string },
): Record<string, Check> => {
  const { language } = sandbox;
  const sum = async (expected: number): Promise<string> => {
    const tests = [{ args: [20, 22], expected }];
    return (await sandbox.run({ mode: 'function', code: code.add, tests })).outcome;
  };
  return {
    [`${language}: a program passes, or is wrong`]: async () => {
      equal(await sum(42), 'pass');
      equal(await sum(43), 'wrong');
    },
    [`${language}: an exception has its line`]: async () => {
      equal(await script(sandbox, `\n${code.raise}`), 'exception: RangeError in line 2');
    },
    [`${language}: an endless loop costs its worker, the next program runs`]: async () => {
      const { ended } = workers;
      equal(await script(sandbox, code.loop), 'timeout');
      equal(workers.ended, ended + 1);
      equal(await sum(42), 'pass');
    },
    [`${language}: memory has its limit`]: async () => {
      const { outcome, exception } = await sandbox.run({ mode: 'script', code: code.grow });
      if (outcome !== 'memory' && exception?.name !== 'MemoryError') throw new Error(outcome);
      equal(await sum(42), 'pass');
    },
    [`${language}: no way out`]: async () => {
      equal((await sandbox.run({ mode: 'script', code: code.denied })).stdout.trim(), 'denied');
    },
    [`${language}: dispose ends every worker`]: async () => {
      await sandbox.dispose();
      equal(workers.ended, workers.started);
    },
  };
};

const checks: Record<string, Check> = {
  'episodes of codewords with feedback': async () => {
    const random = createRandom(1);
    const tasks = Array.from({ length: 4 }, () => codewordsTask(random, { split: 'train' }));
    const episodes = await collect(codewords(), zeros, {
      tasks,
      seed: 0,
      maxTurns: 2,
      maxTokens: 8,
    });
    equal(episodes.length, 4);
    for (const { segments } of episodes) {
      const said = segments.filter(({ kind }) => kind === 'environment').map(({ text }) => text);
      if (!/^Wrong\. Step 1/.test(said[0] ?? '')) throw new Error(`said ${said[0]}`);
    }
  },
  'maths answers': async () => {
    equal(gradeMath('\\frac{1}{2}', 'It is $\\boxed{0.5}$.').correct, true);
    equal(gradeMath('9^{9^{9^9}}', '\\boxed{9^{9^{9^8}}}').correct, false);
  },
  'procedural tasks': async () => {
    const task = gymTask('gcd', { level: 1, seed: 1 });
    equal(gymScore(task, task.answer ?? '').score, 1);
  },
  'rows of Parquet from bytes': async () => {
    const content = await (await fetch('/rows.parquet')).arrayBuffer();
    const rows = await readRows({ content, format: 'parquet' });
    equal(rows, [
      { question: '1 + 1?', answer: 2 },
      { question: '2 + 2?', answer: 4 },
    ]); // as bundlePage wrote them
  },
  'a path, or a sandbox without its worker, is refused with its code': async () => {
    equal(await errorCode(() => javascriptSandbox().run({ mode: 'script', code: '' })), 'platform');
    equal(await errorCode(() => readTrajectories('episodes.jsonl')), 'platform');
    equal(await errorCode(() => readRows('rows.jsonl')), 'platform');
  },
  'the compiler of TypeScript finds an error': async () => {
    const library = await (await fetch('/typescriptLib.json')).json();
    const libFiles = library as Record<string, string>; // as bundlePage wrote it
    const compiler = typescriptCompiler({ worker: worker('/typescriptWorker.js'), libFiles });
    const { spans } = await compiler.check('const size: number = "7";');
    equal(spans, [{ start: 6, end: 10, reward: -1, label: 'TS2322' }]);
    await compiler.dispose();
    equal(workers.ended, workers.started);
  },
  ...sandboxChecks(sandboxes.javascript, {
    add: 'function solve(a, b) { return a + b; }',
    raise: "throw new RangeError('here');",
    loop: 'for (;;) {}',
    grow: 'const held = []; for (;;) held.push(new Uint8Array(2 ** 24));',
    denied:
      "console.log([typeof fetch, typeof postMessage, typeof self, typeof importScripts, typeof indexedDB].every((type) => type === 'undefined') ? 'denied' : 'open');",
  }),
  ...sandboxChecks(sandboxes.python, {
    add: 'def solve(a, b):\n    return a + b\n',
    raise: "raise type('RangeError', (Exception,), {})('here')",
    loop: 'while True: pass',
    grow: 'held = []\nwhile True: held.append(bytearray(2 ** 24))',
    denied: "try:\n    import js\n    print('open')\nexcept ImportError:\n    print('denied')\n",
  }),
};

// The driver calls these by name.
Object.assign(globalThis, {
  checkNames: Object.keys(checks),
  runCheck: (name: string) => checks[name]!(),
});
