import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { digest, train } from '../processes/trainerRuns.ts';
import { natsServer } from '../trainer/workers/check/natsServer.ts';
import { workerProcess } from '../trainer/workers/check/workerProcess.ts';
import type { SoakPart } from './soakPart.ts';

/** Runs of each kind, in turns. */
const ROUNDS = 3;
const WORKERS = 2;
/** Share of the time that workers may cost where episodes take a second. */
const MOST = 0.1;

/** An environment that takes a second to answer. */
const ENVIRONMENT = `
  export const tasks = Array.from({ length: 400 }, (_, i) => ({ number: 4000 + i }));
  export default {
    name: 'slow',
    start() {
      return {
        reset: async ({ number }) => number + ' dil',
        async step(action) {
          await new Promise((resolve) => setTimeout(resolve, 1000));
          return { reward: Number(/[0-4]$/.test(action.trim())), done: true };
        },
      };
    },
  };
`;

interface Course {
  name: string;
  /** In the note. */
  what: string;
  argv: readonly string[];
  /** Share of the time that workers may cost. Default: any; it is printed. */
  most?: number;
}

/** The course of `npm start` without its evaluations: workers are given all weights. */
const FLAGSHIP: Course = {
  name: 'flagship',
  what: 'the codewords course',
  argv: [
    ...['--config', fileURLToPath(new URL('../trainer/courses/codewords.ts', import.meta.url))],
    ...['--stages', 'collect,mol,grpo'],
  ],
};

/** What runs cost with two workers on this machine, against episodes that are played by the trainer itself: episodes of a second, and the flagship's of milliseconds. */
export const soakPace: SoakPart = async ({ count, seed, write }) => {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-pace-'));
  const environment = join(folder, 'slow.mjs');
  await writeFile(environment, ENVIRONMENT);
  const slow: Course = {
    name: 'slow',
    what: `${count} updates of 64 episodes of a second`,
    most: MOST,
    argv: [
      ...['--env', environment, '--stages', 'grpo', '--lora', '4', '--updates', String(count)],
      ...['--prompts', '8', '--num-generations', '8', '--learning-rate', '1e-3'],
      ...['--max-completion-length', '24'],
    ],
  };
  const server = await natsServer();
  const starting = Array.from({ length: WORKERS }, () =>
    workerProcess(server.url, ['--slots', '4']),
  );
  const workers = await Promise.all(starting);
  const timed = async (name: string, argv: readonly string[]) => {
    const out = join(folder, name);
    const always = ['--seed', String(seed), '--report-to', 'none', '--out', out];
    const { code, stderr } = await train([...argv, ...always]);
    if (code !== 0) throw new Error(`soak: the run ${name} failed: ${stderr}`);
    const { seconds } = JSON.parse(await readFile(join(out, 'results.json'), 'utf8'));
    const stages = Object.values(seconds as Record<string, number>);
    return { seconds: stages.reduce((sum, own) => sum + own, 0), digest: await digest(out) };
  };
  const compared = async ({ name, what, argv, most = Number.POSITIVE_INFINITY }: Course) => {
    const rows: Record<'here' | 'there', Awaited<ReturnType<typeof timed>>>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const here = await timed(`${name}-here-${round}`, argv);
      const there = await timed(`${name}-workers-${round}`, [...argv, '--workers', server.url]);
      write(
        `pace: ${name} ${here.seconds.toFixed(1)} s here, ${there.seconds.toFixed(1)} s with ${WORKERS} workers`,
      );
      rows.push({ here, there });
    }
    const sum = (of: 'here' | 'there'): number =>
      rows.reduce((total, row) => total + row[of].seconds, 0);
    const cost = sum('there') / sum('here') - 1;
    const other = rows.filter(({ here, there }) => !isDeepStrictEqual(here.digest, there.digest));
    return {
      faults: [
        ...(cost <= most ? [] : [`${name}: workers cost ${(100 * cost).toFixed(1)} % of the time`]),
        ...(other.length === 0 ? [] : [`${name}: ${other.length} runs differ from the one here`]),
      ],
      note: `${what}, ${ROUNDS} runs of each: ${(100 * cost).toFixed(1)} % more time with ${WORKERS} workers`,
    };
  };
  try {
    const [long, short] = [await compared(slow), await compared(FLAGSHIP)];
    return {
      faults: [...long.faults, ...short.faults],
      note: `${long.note}; ${short.note}`,
    };
  } finally {
    await Promise.all(workers.map(({ kill }) => kill('SIGKILL')));
    await server.close();
    await rm(folder, { recursive: true });
  }
};
