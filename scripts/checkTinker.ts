// `pnpm tinker [--record FOLDER]`: the official `tinker` SDK, of the versions that are known to talk to SkyRL and the newest
// one, against our own server: a supervised course, a course by reward, and mistakes. Installs each into a Python environment
// of its own (.molrl/tinker, 330 MB each); MOLRL_PYTHON names a Python of 3.11 or newer. With --record it leaves short courses'
// requests, which the tests replay. Where MOLRL_COOKBOOK_PYTHON names a Python that has `tinker-cookbook[math-rl]`, the loops of
// the cookbook are run too. Last line: "N passed, M failed".
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { loadModel, loadTokenizer } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { tinkerService } from '../examples/tinker/server/service.ts';
import { tinkerHttp } from '../examples/tinker/server/tinkerHttp.ts';
import { type RecordingProxy, recordingProxy } from '../examples/tinker/traffic/recordingProxy.ts';
import { repositoryRoot } from './repositoryRoot.ts';
import { runCommand } from './runCommand.ts';

const VERSIONS = ['0.25.0', '0.38.0'];
const home = join(repositoryRoot, '.molrl', 'tinker');
const folder = join(repositoryRoot, 'examples', 'mol-rl', 'base');
const record = process.argv[2] === '--record' ? process.argv[3] : undefined;

/** What the courses print. */
interface Courses {
  sft: { loss: number[]; restored_apart: number };
  rl: { reward: number[]; sampler_apart: number };
  other: { prompt_scores: number; first_score: number | null; greedy: number[]; refused: string[] };
}

/** What the cookbook's loops log. */
interface Cookbook {
  version: string;
  sdk: string;
  sft: number[];
  rl: number[];
}

let [passed, failed] = [0, 0];
function report(what: string, isRight: boolean): void {
  if (isRight) passed += 1;
  else failed += 1;
  console.log(`${isRight ? 'ok    ' : 'FAILED'} ${what}`);
}

async function pythonOf(version: string): Promise<string> {
  const place = join(home, version);
  const python = join(place, 'bin', 'python');
  if (existsSync(python)) return python;
  await mkdir(place, { recursive: true });
  const at = { cwd: place, env: process.env };
  await runCommand(process.env.MOLRL_PYTHON ?? 'python3', ['-m', 'venv', place], at);
  await runCommand(python, ['-m', 'pip', 'install', '-q', `tinker==${version}`], at);
  return python;
}

/** Our server, while something is done with it; says what was asked. */
async function served<T>(
  work: (url: string) => Promise<T>,
): Promise<[T, RecordingProxy['exchanges']]> {
  const checkpoints = join(home, 'checkpoints');
  await rm(checkpoints, { recursive: true, force: true });
  const model = await loadModel(folder, { frozen: true });
  const tokenizer = await loadTokenizer(folder);
  const service = tinkerService({ model, name: 'base', tokenizer, folder: checkpoints });
  const server = tinkerHttp(service, { tag: 'recorded' });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listens on TCP
  const proxy = await recordingProxy(`http://127.0.0.1:${port}`);
  try {
    return [await work(proxy.url), proxy.exchanges];
  } finally {
    proxy.close();
    server.closeAllConnections();
    model.dispose();
  }
}

/** The last line that a script of this folder prints. */
async function lastLine(python: string, [script, ...rest]: [string, ...string[]]): Promise<string> {
  const argv = ['-W', 'ignore', join(repositoryRoot, 'scripts', script), ...rest];
  const said = await runCommand(python, argv, {
    ...{ cwd: home, env: { ...process.env, TINKER_TELEMETRY: '0' } },
  });
  return said.trim().split('\n').at(-1) ?? '';
}

async function courses(version: string, steps: readonly [sft: number, rl: number]): Promise<void> {
  const python = await pythonOf(version);
  const [said, exchanges] = await served((url) =>
    lastLine(python, ['tinkerCourses.py', url, folder, ...steps.map(String)]),
  );
  judge(version, JSON.parse(said), steps);
  if (record === undefined) return;
  const kept = exchanges
    .filter(({ path }) => !/telemetry|heartbeat|retrieve/.test(path))
    .map(({ answer: _, ...asked }) => asked);
  await writeFile(join(record, `sdk-${version}.json`), `${JSON.stringify(kept, null, 1)}\n`);
}

/** The loops of `tinker-cookbook` itself. */
async function cookbook(python: string): Promise<void> {
  const out = join(home, 'cookbook');
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const [said] = await served((url) =>
    lastLine(python, ['cookbookCourses.py', url, folder, out, '12', '24']),
  );
  const { version, sdk, sft, rl } = JSON.parse(said) as Cookbook;
  const about = (text: string): string => `tinker-cookbook ${version} (tinker ${sdk}): ${text}`;
  const [first, last] = [sft[0]!, sft.at(-1)!]; // a step at least
  const [before, after] = ends(rl);
  report(
    about(`sl_loop: ${first.toFixed(3)} to ${last.toFixed(3)} nats a token`),
    sft.length === 12 && last < first / 2,
  );
  report(
    about(`rl_loop: reward ${before.toFixed(3)} to ${after.toFixed(3)}`),
    rl.length === 24 && after > before + 0.05,
  );
}

/** Means of the first and the last third. */
function ends(values: readonly number[]): [before: number, after: number] {
  const third = Math.ceil(values.length / 3);
  const mean = (part: readonly number[]): number =>
    part.reduce((sum, x) => sum + x, 0) / part.length;
  return [mean(values.slice(0, third)), mean(values.slice(-third))];
}

function judge(
  version: string,
  { sft, rl, other }: Courses,
  [sftSteps]: readonly [sft: number, rl: number],
): void {
  const about = (text: string): string => `tinker ${version}: ${text}`;
  const [first, last] = [sft.loss[0]!, sft.loss.at(-1)!]; // a step at least
  const [before, after] = ends(rl.reward);
  if (sftSteps >= 8) {
    report(about(`SFT: ${first.toFixed(3)} to ${last.toFixed(3)} nats a token`), last < first / 2);
    report(about(`RL: reward ${before.toFixed(3)} to ${after.toFixed(3)}`), after > before + 0.1);
  }
  report(
    about(`a restored checkpoint is ${sft.restored_apart} nats from what was saved`),
    sft.restored_apart === 0,
  );
  report(
    about(`sampler and trainer ${rl.sampler_apart.toExponential(1)} nats apart`),
    rl.sampler_apart < 1e-4,
  );
  report(about('prompt log-probs, the first token without'), other.first_score === null);
  report(about(`greedy without a stop: ${other.greedy.length} tokens`), other.greedy.length === 6);
  const done = other.refused.filter((one) => one.endsWith('was done'));
  report(about(`refused: ${other.refused.join(', ')}`), done.length === 0);
}

await openCpu();
for (const version of VERSIONS) await courses(version, record === undefined ? [12, 12] : [1, 1]);
const { MOLRL_COOKBOOK_PYTHON } = process.env;
if (MOLRL_COOKBOOK_PYTHON !== undefined && record === undefined)
  await cookbook(MOLRL_COOKBOOK_PYTHON);
else console.log('not run: the loops of tinker-cookbook (MOLRL_COOKBOOK_PYTHON names no Python)');
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1); // the proxy's kept connections would hold the process
