import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { digest, train } from '../../examples/processes/trainerRuns.ts';
import { checkSettings } from '../../examples/trainer/config/checkSettings.ts';
import { openGame } from '../../examples/trainer/games/openGame.ts';
import { type NatsServer, natsServer } from '../../examples/trainer/workers/check/natsServer.ts';
import { workerProcess } from '../../examples/trainer/workers/check/workerProcess.ts';
import type { AttemptJob } from '../../examples/trainer/workers/judgingJobs.ts';
import { openJobQueue } from '../../examples/trainer/workers/queue/jobQueue.ts';
import type { Nats } from '../../examples/trainer/workers/queue/nats.ts';
import { openNats } from '../../examples/trainer/workers/queue/openNats.ts';
import { JOBS, WORKERS } from '../../examples/trainer/workers/queue/streams.ts';
import type { RunRecord } from '../../examples/trainer/workers/runRecord.ts';
import { shownHash, writeVerdict } from '../../examples/trainer/workers/verdict.ts';
import { judge } from '../../examples/trainer/workers/worker/judge.ts';
import { repositoryRoot } from '../../scripts/repositoryRoot.ts';
import { equal } from './equal.ts';
import { openTab, type Tab, type TabOptions } from './tabDriver.ts';
import type { PageCheck } from './trainPage.ts';

const BASE = join(repositoryRoot, 'examples', 'mol-rl', 'base');
const TOKEN = 'of-this-check';
/** Holds it for the trainers and workers that are started. */
const TOKEN_VARIABLE = 'MOLRL_CHECK_TOKEN';

/** Through every stage that plays; by the kernels that a tab has. */
const TRAINING = [
  ...['--env', 'codewords', '--stages', 'collect,mol,grpo,eval', '--lora', '2', '--seed', '3'],
  ...['--episodes', '12', '--max-turns', '2', '--mol.updates', '1', '--grpo.updates', '2'],
  ...['--prompts', '2', '--num-generations', '4', '--max-completion-length', '24'],
  ...['--tasks', '4', '--no-eval.on-start', '--save-steps', '1', '--threads', '1'],
  ...['--kernels', 'wasm', '--report-to', 'none', '--workers-token-variable', TOKEN_VARIABLE],
];
/** 12 collected, 2 updates of 2 x 4, an evaluation of 4 sampled and greedy. */
const EPISODES = 12 + 2 * 8 + 2 * 4;

/** What run.json says of workers. */
interface Facts {
  worked: Record<string, { jobs: number; episodes: number; library: string }>;
  done: number;
  extra: number;
  dead: number;
  redelivered: number;
}

/** What the checks share: a server, a folder, and what a run gives without workers. */
interface Place {
  server: NatsServer;
  folder: string;
  open(fields?: Partial<TabOptions>): Promise<Tab>;
  /** Of the run without workers. */
  local(): Promise<unknown>;
}

/** What a tab must do as a worker, and what ends the server that the checks share. @throws {Error} without a nats-server. */
export async function workerPageChecks(
  browser: Browser,
  origin: string,
): Promise<{ checks: PageCheck[]; close(): Promise<void> }> {
  const server = await natsServer({ token: TOKEN });
  const folder = await mkdtemp(join(tmpdir(), 'molrl-tab-'));
  process.env[TOKEN_VARIABLE] = TOKEN;
  let alone: Promise<unknown> | undefined;
  const place: Place = {
    ...{ server, folder },
    open: (fields) =>
      openTab(browser, {
        ...{ address: `${origin}/worker.html`, url: server.webSocketUrl, token: TOKEN },
        ...fields,
      }),
    local() {
      alone ??= trainTo(join(folder, 'local'), TRAINING);
      return alone;
    },
  };
  const close = async (): Promise<void> => {
    await server.close();
    await rm(folder, { recursive: true });
  };
  const checks: PageCheck[] = [
    ['is told what is wrong with the address, the port or the token', () => refusals(place)],
    ['plays a whole run alone: the bits of the local run', () => wholeRun(place)],
    ['is closed in the middle of a job: another tab gets it', () => closedTab(place)],
    ['refuses a run of files before it takes a job; a process plays it', () => ownFiles(place)],
    ['judges programs as this process does', () => programs(place)],
  ];
  return { checks, close };
}

async function refusals({ server, open }: Place): Promise<void> {
  const faults: [Partial<TabOptions>, RegExp][] = [
    [{ url: server.url }, /must be ws:\/\/HOST:PORT[\s\S]*websocket \{/],
    [
      { url: server.url.replace('nats:', 'ws:') },
      /cannot be reached by WebSocket[\s\S]*websocket \{/,
    ],
    [{ token: 'another' }, /refuses this tab[\s\S]*Give its token/],
  ];
  for (const [fields, fault] of faults) {
    const tab = await open(fields);
    await tab.reads('#error', fault);
    await tab.page.waitForSelector('#connect:visible'); // to be tried again
    await tab.close();
  }
}

async function wholeRun({ server, folder, open, local }: Place): Promise<void> {
  const expected = await local();
  const tab = await open();
  await tab.reads('#device', /^wasm/);
  await tab.reads('#notice', /in WebAssembly on (one thread|\d+ threads):/);
  const out = join(folder, 'tab');
  equal(await trainTo(out, [...TRAINING, '--workers', server.url]), expected);
  const { worked, done, extra, dead, redelivered } = await factsOf(out);
  equal([extra, dead, redelivered], [0, 0, 0]);
  equal(
    Object.values(worked).map(({ jobs, episodes }) => [jobs, episodes]),
    [[done, EPISODES]],
  );
  await tab.reads('#done', new RegExp(`^${done} jobs: ${EPISODES} episodes, `));
  const width = Number(await tab.page.evaluate('document.documentElement.scrollWidth'));
  if (width > 360) throw new Error(`the page is ${width} px wide`);
  await tab.page.click('#stop');
  await tab.page.waitForSelector('#connect:visible');
  await tab.reads('#lines', new RegExp(`${done} jobs in [\\d.]+ s of work`));
  await tab.close();
}

async function closedTab({ server, folder, open, local }: Place): Promise<void> {
  const expected = await local();
  const first = await open();
  const out = join(folder, 'closed');
  const run = trainTo(out, [...TRAINING, '--workers', server.url]);
  await first.reads('#done', /^[1-9]\d* jobs/);
  const nats = await connect(server);
  await untilAtWork(nats);
  await first.close();
  const second = await open();
  equal(await run, expected);
  await nats.close();
  await second.close();
  const { worked, done, extra, dead, redelivered } = await factsOf(out);
  equal([extra, dead, redelivered], [0, 0, 1]);
  const tabs = Object.values(worked);
  const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);
  equal(tabs.length, 2);
  equal(
    [sum(tabs.map(({ jobs }) => jobs)), sum(tabs.map(({ episodes }) => episodes))],
    [done, EPISODES],
  );
}

const ENVIRONMENT = `
  export const tasks = Array.from({ length: 30 }, (_, i) => ({ number: 4000 + 37 * i }));
  export const evalTasks = tasks.slice(0, 4);
  export default {
    name: 'own',
    start: () => ({
      reset: async ({ number }) => number + ' dil',
      step: async (action) => ({ reward: Number(/[0-4]$/.test(action.trim())), done: true }),
    }),
  };
`;

async function ownFiles({ server, folder, open }: Place): Promise<void> {
  const [file, out] = [join(folder, 'own.mjs'), join(folder, 'own')];
  await writeFile(file, ENVIRONMENT);
  const given = ['--env', file, '--stages', 'grpo', '--updates', '1', '--prompts', '2'];
  const more = ['--num-generations', '4', '--max-completion-length', '8', '--threads', '1'];
  const argv = [
    ...given,
    ...more,
    '--report-to',
    'none',
    '--workers-token-variable',
    TOKEN_VARIABLE,
  ];
  const tab = await open();
  const run = train([...argv, '--workers', server.url, '--out', out]);
  await tab.reads('#error', /a tab cannot work for this run: it plays .*own\.mjs/);
  await tab.close();
  const worker = await workerProcess(server.url, ['--token-variable', TOKEN_VARIABLE]);
  equal((await run).code, 0);
  await worker.kill('SIGTERM');
  const { redelivered, extra, dead } = await factsOf(out);
  equal([redelivered, extra, dead], [0, 0, 0]);
}

/** What is attempted: right, wrong, no program, and one that never ends. */
const ATTEMPTS = ['a + b', 'a * b', 'a +', '(() => { for (;;); })()'];

async function programs({ server, folder, open }: Place): Promise<void> {
  const data = join(folder, 'programs.jsonl');
  const task = {
    prompt: 'Write solve(a, b), their sum.',
    tests: [{ args: [20, 22], expected: 42 }],
  };
  await writeFile(data, `${JSON.stringify(task)}\n`);
  const settings = checkSettings({
    environment: 'code',
    language: 'javascript',
    data,
    evalData: data,
  });
  const game = await openGame(settings);
  const nats = await connect(server);
  const record: RunRecord = { version: 1, settings, model: '', files: game.files };
  const name = await nats.blobs.put(new TextEncoder().encode(JSON.stringify(record)));
  const queue = await openJobQueue({ nats, run: 'programs' });
  const wrong = await readFile(join(BASE, 'config.json'), 'utf8');
  await writeFile(join(folder, 'config.json'), `${wrong} `);
  const tab = await open({
    model: ['tokenizer.json', 'model.safetensors']
      .map((each) => join(BASE, each))
      .concat(join(folder, 'config.json')),
  }); // one that only judges needs none
  const ended = tab.page.waitForSelector('#connect:visible', { timeout: 0 }).then(async () => {
    throw new Error((await tab.page.textContent('#error')) ?? 'the tab ended');
  });
  ended.catch(() => {}); // at the end it is closed
  const unaborted = new AbortController().signal;
  try {
    const shared = { record: name, part: 'withFeedback', stepTimeout: 30_000, seed: 0 } as const;
    const row = game.heldOut(1)[0]!; // of the file
    const opening: AttemptJob = { ...shared, does: 'attempt', task: row, said: [], told: [] };
    const opened = await judge(game.withFeedback!, opening, unaborted); // code has one
    if (!('said' in opened)) throw new Error('the environment does not open');
    const told = [await shownHash(opened.said as never)]; // of an opening
    for (const attempt of ATTEMPTS) {
      const said = [`\`\`\`js\nconst solve = (a, b) => ${attempt};\n\`\`\``];
      const job: AttemptJob = { ...opening, said, told };
      const { content } = await Promise.race([queue.ask(job), ended]);
      equal(
        JSON.parse(content),
        JSON.parse(writeVerdict(await judge(game.withFeedback!, job, unaborted))),
      );
    }
    await tab.reads('#done', /^4 jobs: 0 episodes, 4 verdicts/);
  } finally {
    await tab.close();
    await queue.close();
    await nats.close();
    await game.close?.();
  }
}

const connect = ({ url }: NatsServer): Promise<Nats> =>
  openNats({ url, tokenVariable: TOKEN_VARIABLE, name: 'check', say: () => {} });

/** Until a job is under way. */
async function untilAtWork({ manager }: Nats): Promise<void> {
  while ((await manager.consumers.info(JOBS, WORKERS)).num_ack_pending === 0) await sleep(5);
}

/** @returns What must be the same in another run. @throws {Error} what it said if it fails. */
async function trainTo(out: string, argv: readonly string[]): Promise<unknown> {
  const { code, stderr } = await train([...argv, '--out', out]);
  if (code !== 0 || stderr !== '') throw new Error(stderr || `exit code ${code}`);
  return digest(out);
}

const factsOf = async (out: string): Promise<Facts> =>
  JSON.parse(await readFile(join(out, 'run.json'), 'utf8')).workers;
