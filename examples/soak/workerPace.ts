import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { digest, train } from '../processes/trainerRuns.ts';
import { natsServer } from '../trainer/workers/check/natsServer.ts';
import { workerProcess } from '../trainer/workers/check/workerProcess.ts';
import type { SoakPart } from './soakPart.ts';

/** Runs of each kind, in turns. */
const ROUNDS = 3;
const WORKERS = 2;
/** Share of the time that workers may cost. */
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

/** What a run with episodes of a second costs with two workers on this machine, against episodes that are played by the trainer itself. */
export const soakPace: SoakPart = async ({ count, seed, write }) => {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-pace-'));
  const environment = join(folder, 'slow.mjs');
  await writeFile(environment, ENVIRONMENT);
  const argv = [
    ...['--env', environment, '--stages', 'grpo', '--lora', '4', '--seed', String(seed)],
    ...['--updates', String(count), '--prompts', '8', '--num-generations', '8'],
    ...['--max-completion-length', '24', '--learning-rate', '1e-3', '--report-to', 'none'],
  ];
  const server = await natsServer();
  const starting = Array.from({ length: WORKERS }, () =>
    workerProcess(server.url, ['--slots', '4']),
  );
  const workers = await Promise.all(starting);
  const timed = async (name: string, more: readonly string[]) => {
    const out = join(folder, name);
    const { code, stderr } = await train([...argv, ...more, '--out', out]);
    if (code !== 0) throw new Error(`soak: the run ${name} failed: ${stderr}`);
    const { seconds } = JSON.parse(await readFile(join(out, 'results.json'), 'utf8'));
    return {
      seconds: Object.values(seconds as Record<string, number>)[0]!,
      digest: await digest(out),
    }; // one stage
  };
  try {
    const rows: Record<'here' | 'there', Awaited<ReturnType<typeof timed>>>[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const here = await timed(`here-${round}`, []);
      const there = await timed(`workers-${round}`, ['--workers', server.url]);
      write(
        `pace: ${here.seconds.toFixed(1)} s here, ${there.seconds.toFixed(1)} s with ${WORKERS} workers`,
      );
      rows.push({ here, there });
    }
    const sum = (of: 'here' | 'there'): number =>
      rows.reduce((total, row) => total + row[of].seconds, 0);
    const cost = sum('there') / sum('here') - 1;
    const other = rows.filter(({ here, there }) => !isDeepStrictEqual(here.digest, there.digest));
    return {
      faults: [
        ...(cost <= MOST ? [] : [`workers cost ${(100 * cost).toFixed(1)} % of the time`]),
        ...(other.length === 0 ? [] : [`${other.length} runs differ from the one here`]),
      ],
      note: `${ROUNDS} runs of ${count} updates of 64 episodes each: ${(100 * cost).toFixed(1)} % more time with ${WORKERS} workers, the same bits`,
    };
  } finally {
    await Promise.all(workers.map(({ kill }) => kill('SIGKILL')));
    await server.close();
    await rm(folder, { recursive: true });
  }
};
