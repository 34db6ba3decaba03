import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { collect, createRandom, type Policy } from '@molrl/ef-env';
import { openDevice } from '@molrl/tensor-gpu';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../trainer/base/sha256.ts';
import { openLearner } from '../../trainer/method/learner.ts';
import { digestOf } from './digest.ts';
import { type OwnRow, ownRows, readOwnRows } from './ownRows.ts';
import { pack, unpack } from './pack.ts';
import { checkPlan, DEFAULTS, type Plan } from './plan.ts';
import { readRunFile, writeRunFile } from './runFile.ts';
import { type Action, type Saved, Session } from './session.ts';

const job = (path: string): string =>
  fileURLToPath(new URL(`../../mol-rl/${path}`, import.meta.url));
const text = readFileSync(job('text/train.txt'), 'utf8').slice(0, 2000);
const plan: Plan = {
  ...{ ...DEFAULTS, model: { name: 'shipped', fingerprint: 'x' }, seed: 4 },
  ...{ episodes: 4, molUpdates: 2, batchSize: 1, grpoUpdates: 2, prompts: 1, numGenerations: 4 },
};

describe('a run', () => {
  test('stopped between any two updates goes on with the same bits, changes included', async () => {
    const device = await openDevice('cpu', { threads: 1 });
    const whole = await play({ actions: [{ stage: 'mol', step: 1, learningRate: 3e-4 }] });
    expect(whole.saved.updates.map(({ stage }) => stage)).toEqual([
      ...['collect', 'mol', 'mol', 'grpo', 'grpo'],
    ]);
    const stopped = await play({ stops: true });
    expect(stopped.saved.actions).toEqual([{ stage: 'mol', step: 1, learningRate: 3e-4 }]);
    expect(stopped.digest).toBe(whole.digest);
    const rates = whole.saved.updates.flatMap(({ metrics }) => metrics.learning_rate ?? []);
    expect(rates[1]! / rates[0]!).toBeCloseTo(0.6, 6); // warm-up 2/5 of 3e-4 after 1/5 of 1e-3
    device.dispose();
  });
});

describe('rows of one’s own', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const lines = [
    { question: '4876 rav', answer: '6784' },
    { prompt: 'Capital of France?', solution: 'Paris', feedback: 'Think of the Seine.' },
    { problem: '1 + 1?', answer: 2 },
  ];
  const file = bytes(lines.map((line) => JSON.stringify(line)).join('\n'));

  test('are read under the names that data sets have, with a fingerprint of the file', async () => {
    const { rows, identity } = await readOwnRows('mine.jsonl', file);
    expect(rows.map(({ question, answer }) => [question, answer])).toEqual([
      ...[
        ['4876 rav', '6784'],
        ['Capital of France?', 'Paris'],
        ['1 + 1?', '2'],
      ],
    ]);
    expect(identity).toEqual({ name: 'mine.jsonl', fingerprint: await sha256(file) });
    const list = await readOwnRows('mine.json', bytes(JSON.stringify(lines)));
    expect(list.rows).toEqual(rows);
  });

  test.each([
    ['rows.csv', 'a,b', 'rows: rows.csv must be a .jsonl, .ndjson or .json file.'],
    ['rows.jsonl', '', 'rows: rows.jsonl has no rows.'],
    ['rows.jsonl', '{"question": "a"}', 'rows: row 1 needs a text `question` and an `answer`'],
    ['rows.jsonl', '{"question": "a", "answer": " "}', 'rows: row 1 needs'],
    ['rows.jsonl', '{"question"', 'rows: '],
  ])('%s with %s is an error of one line', async (name, content, message) => {
    await expect(readOwnRows(name, bytes(content))).rejects.toThrow(message);
  });

  test('are right but for case and a full stop, and answer in words to an attempt that is wrong', async () => {
    const { rows } = await readOwnRows('mine.jsonl', file);
    const { attempts, withFeedback } = ownRows(rows);
    const said = async (turns: string[], row: number, speaks: boolean) => {
      const { environment, maxTurns } = speaks ? withFeedback : { ...attempts, maxTurns: 1 };
      const left = [...turns];
      const policy: Policy = {
        generate: async (prompts) =>
          prompts.map(([first]) => ({
            ...{
              speaker: 'assistant' as const,
              kind: 'policy' as const,
              turn: first!.turn,
              text: left.shift()!,
            },
          })),
      };
      const [played] = await collect(environment, policy, {
        ...{ tasks: [rows[row]!], maxTurns, maxTokens: 8, seed: 1 },
      });
      return [
        played!.reward,
        ...played!.segments.filter(({ kind }) => kind === 'environment').map(({ text }) => text),
      ];
    };
    expect(await said([' paris. '], 1, false)).toEqual([1]);
    expect(await said(['the city of Paris'], 1, false)).toEqual([0.25]); // a word of three, halved
    expect(await said(['3'], 2, false)).toEqual([0]);
    expect(await said(['Lyon', 'Paris'], 1, true)).toEqual([1, 'Think of the Seine.', 'Right.']);
    expect((await said(['x', '6784'], 0, true)).slice(1)).toEqual([
      ...['Wrong. The answer is 6784.', 'Right.'],
    ]);
  });

  test('train, and go on with the same bits after a stop', async () => {
    const device = await openDevice('cpu', { threads: 1 });
    const { rows, identity } = await readOwnRows('mine.jsonl', bytes(JSON.stringify(lines[0])));
    const own = checkPlan({ ...plan, environment: 'rows', data: identity });
    const whole = await play({ plan: own, rows });
    const stopped = await play({ plan: own, rows, stops: true });
    const asked = whole.saved.updates.flatMap(({ episodes }) =>
      episodes.map(({ turns }) => turns[0]!.text),
    );
    expect(new Set(asked)).toEqual(new Set(['4876 rav']));
    expect(stopped.digest).toBe(whole.digest);
    device.dispose();
  });

  test('the last tenth is held out: measured before and after each training, never asked in it', async () => {
    const device = await openDevice('cpu', { threads: 1 });
    const many = Array.from({ length: 20 }, (_, k) => ({
      question: `${4000 + 7 * k} ${['rav', 'mel', 'sot', 'kip'][k % 4]}`,
      answer: String(k),
    }));
    many[19] = { question: '1 + 1?', answer: '1' }; // what the base says, so that it has one of two right
    const { rows, identity } = await readOwnRows('mine.json', bytes(JSON.stringify(many)));
    const { attempts, heldOut } = ownRows(rows);
    expect(heldOut).toEqual(rows.slice(18));
    expect(ownRows(rows.slice(0, 9)).heldOut).toEqual([]);
    const random = createRandom(1);
    const asked = Array.from({ length: 400 }, (_, k) => attempts.nextTask(random, k));
    expect(new Set(asked)).toEqual(new Set(rows.slice(0, 18)));
    const own = checkPlan({ ...plan, environment: 'rows', data: identity });
    const { saved, digest } = await play({ plan: own, rows });
    const told = saved.updates.map(({ stage, step, metrics }) => [
      `${stage} ${step}`,
      ...Object.keys(metrics).filter((name) => name.startsWith('eval/')),
    ]);
    expect(told).toEqual([
      ['collect 1', 'eval/base'],
      ['mol 1'],
      ['mol 2', 'eval/accuracy'],
      ['grpo 1'],
      ['grpo 2', 'eval/accuracy'],
    ]);
    expect(saved.updates[0]!.metrics['eval/base']).toBe(0.5);
    expect((await play({ plan: own, rows, stops: true })).digest).toBe(digest);
    device.dispose();
  });

  test('belong to a file that the plan names', () => {
    expect(() => checkPlan({ ...plan, environment: 'rows' })).toThrow(
      'data must be the file that the rows are of, got null.',
    );
  });
});

/** Plays the whole plan; with `stops` it is packed, thrown away and opened again after every update. */
async function play(given: {
  plan?: Plan;
  rows?: readonly OwnRow[];
  actions?: Action[];
  stops?: boolean;
}): Promise<{ saved: Saved; digest: string }> {
  const learner = await openLearner({ source: job('base'), format: 'recipe' });
  const { plan: played = plan, rows } = given;
  let session = new Session(learner, played, { text, rows, actions: given.actions });
  while ((await session.next()) !== undefined) {
    if (!given.stops) continue;
    const last = session.updates.at(-1);
    if (played === plan && last?.stage === 'mol' && last.step === 1) session.setLearningRate(3e-4);
    const saved = (await unpack(pack(await session.snapshot()))) as Saved; // packed from one
    session.dispose();
    session = new Session(learner, played, { text, rows, saved });
  }
  const saved = await session.snapshot();
  session.dispose();
  learner.dispose();
  return { saved, digest: await digestOf(saved) };
}

test('packing keeps every bit, at any length', async () => {
  for (const name of ['', 'a', 'ab', 'äöü']) {
    const value = { name, f: Float32Array.of(1 / 3, -0, 2e-45), deep: [{ b: Uint8Array.of(7) }] };
    expect(await unpack(pack(value))).toEqual(value);
  }
});

test('a run file is read back; what is none is refused in one line', () => {
  const run = { plan, actions: [], updates: 3, device: 'wasm relaxed', digest: 'd' };
  expect(readRunFile(writeRunFile(run))).toMatchObject(run);
  expect(() => readRunFile('{')).toThrow(/^run file: it is not JSON/);
  expect(() => readRunFile('{}')).toThrow('run file: it must say "format": "molrl-run".');
  const odd = writeRunFile({ ...run, plan: { ...plan, numGenerations: 1 } });
  expect(() => readRunFile(odd)).toThrow(
    'numGenerations must be a whole number from 2 to 256, got 1.',
  );
});

test('what answers in numbers only cannot teach MoL', () => {
  expect(() => checkPlan({ ...plan, environment: 'sums' })).toThrow(/^arm must be grpo for sums/);
});
