// `pnpm environments`: real servers of other projects' environments, started here, and what our clients claim of them.
// Installs them into Python environments of their own (.molrl/environments; needs Python 3.11 or later with venv).
// Last line: "N passed, M failed".
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../examples/processes/freePort.ts';
import { NODE_FLAGS } from '../examples/processes/nodeFlags.ts';
import { readLines } from '../examples/trainer/harness/linesFile.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

/** Seconds in which a server must answer. */
const START_SECONDS = 120;

interface Server {
  name: string;
  packages: string[];
  /** Makes what is served. @returns The folder to start in and what uvicorn is told. */
  prepare(home: string): Promise<{ cwd: string; app: string }>;
  /** Prints a line `held ...` or `FAILED ...` for each claim. */
  claims: string;
  /** What the trainer plays there, if anything. */
  trained?: {
    /** `--environment` of the trainer. */
    environment(url: string): string;
    /** The reward of a text of one turn. */
    pays(text: string): number;
    /** Tokens of a turn. */
    maxTokens: number;
  };
}

const OPEN_REWARD = { cwd: join(repositoryRoot, 'conformance'), app: 'openReward:app' };

const SERVERS: Server[] = [
  {
    name: 'openenv',
    packages: ['openenv==0.10.0'],
    async prepare(home) {
      const cwd = join(home, 'echo_env');
      await rm(cwd, { recursive: true, force: true });
      await runCommand(join(home, 'bin', 'openenv'), ['init', 'echo_env'], {
        ...{ cwd: home, env: process.env },
      });
      const file = join(cwd, 'server', 'app.py');
      const text = await readFile(file, 'utf8');
      const several = text.replace('max_concurrent_envs=1', 'max_concurrent_envs=4');
      if (several === text) throw new Error(`${file} does not say how many sessions it allows.`);
      await writeFile(file, several);
      return { cwd, app: 'server.app:app' };
    },
    claims: 'conformance/openEnv.ts',
    trained: {
      environment: (url) => `openenv:${url}`,
      pays: (text) => Math.min(text.length * 0.1, 1),
      maxTokens: 2, // so short that what is paid differs
    },
  },
  {
    name: 'openreward',
    packages: ['openreward==0.1.167'],
    prepare: async () => OPEN_REWARD,
    claims: 'conformance/openReward.ts',
    trained: {
      environment: (url) => `openreward:${url}/letters`,
      pays: (text) => Math.min((text.split('</think>').at(-1) ?? '').trim().length / 10, 1),
      maxTokens: 64, // thoughts that are not closed are not judged
    },
  },
  {
    name: 'ors-sdk',
    packages: ['ors-sdk==0.1.0', 'uvicorn'],
    prepare: async () => OPEN_REWARD,
    claims: 'conformance/openReward.ts',
  },
];

let [passed, failed] = [0, 0];
function report(held: boolean, claim: string): void {
  if (held) passed += 1;
  else failed += 1;
  console.log(`${held ? 'held  ' : 'FAILED'} ${claim}`);
}

/** A Python environment with the packages. @returns Its folder. */
async function install({ name, packages }: Server): Promise<string> {
  const home = join(repositoryRoot, '.molrl', 'environments', name);
  await mkdir(home, { recursive: true });
  const at = { cwd: home, env: process.env };
  const python = join(home, 'bin', 'python');
  if (!existsSync(python)) await runCommand('python3', ['-m', 'venv', home], at);
  await runCommand(python, ['-m', 'pip', 'install', '-q', ...packages], at);
  return home;
}

interface Started {
  url: string;
  stop(): Promise<void>;
}

async function start(home: string, { cwd, app }: { cwd: string; app: string }): Promise<Started> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = ['-m', 'uvicorn', app, '--host', '127.0.0.1', '--port', String(port)];
  const child: ChildProcess = spawn(join(home, 'bin', 'python'), args, {
    ...{ cwd, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text) => {
      said = `${said}${text}`.slice(-4000);
    });
  const ended = once(child, 'exit');
  for (let tries = 0; ; tries++) {
    const isUp = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) break;
    if (child.exitCode !== null || tries >= 4 * START_SECONDS) {
      child.kill('SIGKILL');
      throw new Error(`${app} does not answer on ${url}.\n${said}`);
    }
    await sleep(250);
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return { url, stop };
}

/** The claims of a conformance program, each a line of its own. */
async function check(program: string, url: string): Promise<void> {
  const args = [...NODE_FLAGS, join(repositoryRoot, program), url];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  for (const line of said.trim().split('\n')) {
    const claim = /^(held {2}|FAILED) (.*)$/.exec(line);
    if (claim) report(claim[1] !== 'FAILED', claim[2]!);
    else console.log(line);
  }
  report(code === 0, `${program} comes to its end`);
}

/** Two updates of GRPO on what the server pays. */
async function train({ name, trained }: Server, url: string): Promise<void> {
  if (!trained) return;
  const { environment, pays, maxTokens } = trained;
  const out = join(repositoryRoot, '.molrl', 'environments', `${name}-run`);
  await rm(out, { recursive: true, force: true });
  const args = [
    ...[...NODE_FLAGS, join(repositoryRoot, 'examples/trainer/main.ts')],
    ...[
      '--environment',
      environment(url),
      '--sessions',
      '4',
      '--stages',
      'grpo',
      '--grpo.updates',
      '2',
    ],
    ...['--prompts', '2', '--num-generations', '8', '--max-completion-length', String(maxTokens)],
    ...['--out', out],
  ];
  await runCommand(process.execPath, args, { cwd: repositoryRoot, env: process.env });
  const rows = await readLines<{ completion: string; reward: number }>(
    join(out, 'completions.jsonl'),
  );
  const told = rows.filter(({ reward }) => reward !== null);
  const wrong = told.filter(({ completion, reward }) => Math.abs(reward - pays(completion)) > 1e-9);
  report(
    told.length >= 2 && wrong.length === 0,
    `${name}: two updates of the trainer, ${told.length} completions that the server paid, ${wrong.length} of them otherwise than it says`,
  );
}

for (const server of SERVERS) {
  console.log(`${server.name}: ${server.packages.join(', ')}`);
  const home = await install(server);
  const started = await start(home, await server.prepare(home));
  try {
    await check(server.claims, started.url);
    await train(server, started.url);
  } finally {
    await started.stop();
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
