import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '@molrl/ef-env';
import type { Ended } from '../processes/runProgram.ts';
import { train } from '../processes/trainerRuns.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import type { SoakPart } from './soakPart.ts';

/** The shell command that starts the server and stays, with the variables `PORT` and `MODEL` (a folder). */
const START = 'MOLRL_VLLM_START';
const PORT = 8477;
const KILLS = 5;
const [PROMPTS, GENERATIONS] = [8, 8];
/** A large model takes its time. */
const MOST_SECONDS = 600;

/** Notes each episode that it is asked for; attempts differ by their reward. */
const REWARD = `
  import { appendFileSync } from 'node:fs';
  export default (texts, _, { trajectories }) => {
    appendFileSync(process.env.EPISODES, trajectories.map(({ id }) => id + '\\n').join(''));
    return texts.map((text) => Number(/[0-4]$/.test(text.trim())));
  };
`;

/** A vLLM server in a process group of its own. */
interface Server {
  /** Kills the whole group: what is left of one whose head alone is killed goes on. */
  kill(): Promise<void>;
}

async function startServer(command: string): Promise<Server> {
  const child: ChildProcess = spawn('sh', ['-c', command], {
    ...{ detached: true, stdio: 'ignore' },
    env: { ...env, PORT: String(PORT), MODEL: SHIPPED_MODEL },
  });
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    process.kill(-child.pid!, 'SIGKILL'); // it was started
    await ended;
  };
  for (let second = 0; second < MOST_SECONDS; second++) {
    const isUp = await fetch(`http://127.0.0.1:${PORT}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return { kill };
    if (child.exitCode !== null) break;
    await sleep(1000);
  }
  await kill().catch(() => {}); // it ended by itself
  throw new Error(`soak: no server answered at port ${PORT}. Does ${START} start one by itself?`);
}

/** A run that a real vLLM server samples for, which is killed with all of its processes and started again: each episode must be learned from once. */
export const soakVllm: SoakPart = async ({ count, seed, write }) => {
  const command = env[START];
  if (command === undefined) {
    const example = `${START}='vllm serve "$MODEL" --port "$PORT" --enable-lora --dtype float32'`;
    return {
      faults: [`${START} is not set: give the command that starts a server, as ${example}`],
    };
  }
  const folder = await mkdtemp(join(tmpdir(), 'molrl-soak-vllm-'));
  const updates = Math.ceil(count / (PROMPTS * GENERATIONS));
  const random = createRandom(seed);
  let server = await startServer(command);
  try {
    const run = await startRun(folder, updates);
    const away: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const moment = ((kill + 0.2 + 0.6 * random.next()) / KILLS) * updates * PROMPTS * GENERATIONS;
      while ((await run.episodes()).length < moment && !run.isOver()) await sleep(20);
      await sleep(300 * random.next()); // somewhere in its sampling
      if (run.isOver()) break;
      const started = performance.now();
      await server.kill();
      server = await startServer(command);
      away.push((performance.now() - started) / 1000);
      write(`vllm: killed ${kill + 1} times, back after ${away[kill]!.toFixed(0)} s`);
    }
    const ended = await run.ended;
    const outcome = { ended, ids: await run.episodes(), wanted: updates * PROMPTS * GENERATIONS };
    return { faults: faultsOf(outcome, away.length), note: noteOf(outcome, away) };
  } finally {
    await server.kill();
    await rm(folder, { recursive: true });
  }
};

interface Outcome {
  ended: Ended;
  /** Of the episodes that were scored, in order. */
  ids: readonly string[];
  wanted: number;
}

/** The trainer as its own process, and the episodes that its reward has seen. */
async function startRun(folder: string, updates: number) {
  const [data, reward] = [join(folder, 'rows.jsonl'), join(folder, 'reward.mjs')];
  const noted = join(folder, 'episodes');
  const rows = Array.from({ length: 400 }, (_, i) => `{"prompt":"${4000 + i} dil"}\n`);
  await writeFile(data, rows.join(''));
  await writeFile(reward, REWARD);
  await writeFile(noted, '');
  const there = ['--rollouts', `vllm=http://127.0.0.1:${PORT}`, '--out', join(folder, 'run')];
  const argv = [
    ...['--data', data, '--reward', reward, ...there, '--stages', 'grpo', '--lora', '4'],
    ...['--updates', String(updates), '--prompts', String(PROMPTS), '--seed', '3'],
    ...['--num-generations', String(GENERATIONS), '--max-completion-length', '16'],
    ...['--learning-rate', '1e-3', '--report-to', 'none'],
  ];
  let isOver = false;
  const ended = train(argv, { env: { EPISODES: noted } }).finally(() => {
    isOver = true;
  });
  return {
    ended,
    isOver: () => isOver,
    episodes: async () => (await readFile(noted, 'utf8')).split('\n').slice(0, -1),
  };
}

const lost = ({ ids, wanted }: Outcome): number => wanted - new Set(ids).size;
const doubled = ({ ids }: Outcome): number => ids.length - new Set(ids).size;
const told = ({ ended }: Outcome, what: string): number => ended.stdout.split(what).length - 1;

function faultsOf(outcome: Outcome, kills: number): string[] {
  const { ended, wanted } = outcome;
  const [gone, back] = [told(outcome, 'went away; waiting'), told(outcome, 'is back.')];
  return [
    ...(ended.code === 0 ? [] : [`the run ended with ${ended.code}: ${ended.stderr}`]),
    ...(kills === KILLS ? [] : [`the run was over after ${kills} kills`]),
    ...(lost(outcome) === 0 ? [] : [`${lost(outcome)} of ${wanted} episodes were lost`]),
    ...(doubled(outcome) === 0 ? [] : [`${doubled(outcome)} episodes were counted twice`]),
    ...(/ended in an error/.test(ended.stdout + ended.stderr)
      ? ['episodes ended in an error']
      : []),
    ...(gone === kills && back === kills
      ? []
      : [
          `of ${kills} kills the run told ${gone} times that it went away, ${back} that it is back`,
        ]),
  ];
}

const noteOf = (outcome: Outcome, away: readonly number[]): string =>
  `${outcome.wanted} episodes, ${away.length} kills of the server's process group: ${lost(outcome)} lost, ${doubled(outcome)} counted twice; back after ${Math.min(...away).toFixed(0)} to ${Math.max(...away).toFixed(0)} s; told ${told(outcome, 'went away; waiting')} times that it went away and ${told(outcome, 'is back.')} that it is back`;
