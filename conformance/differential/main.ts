import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { decode } from '../lossesSuite.ts';
import { type Answer, type DifferentialCase, differences, type Exemption } from './differences.ts';
import { primeRlCases, primeRlExemptions } from './primeRlCases.ts';
import { trlCases, trlExemptions } from './trlCases.ts';
import { verlCases, verlExemptions } from './verlCases.ts';

/** A project whose own code answers the same random questions. */
interface Peer {
  readonly script: string;
  readonly cases: (seed: number, count: number) => DifferentialCase[];
  readonly exemptions: readonly Exemption[];
  /** Absolute below 1, relative above. */
  readonly tolerance: (key: string) => number;
  /** Option that names its checkout; absent: it is installed in the Python. */
  readonly checkout?: 'verl' | 'primeRl';
}

const tight = (): number => 1e-9;

const PEERS: Record<string, Peer> = {
  trl: {
    script: 'trl_peer.py',
    cases: trlCases,
    exemptions: trlExemptions,
    tolerance: (key) => (key.startsWith('metrics.') ? 1e-5 : 1e-9), // TRL's metrics pass through float32
  },
  verl: {
    script: 'verl_peer.py',
    cases: verlCases,
    exemptions: verlExemptions,
    tolerance: (key) => (key.startsWith('metrics.') ? 1e-6 : 1e-7), // verl adds 1e-8 to some divisors
    checkout: 'verl',
  },
  'prime-rl': {
    script: 'prime_rl_peer.py',
    cases: primeRlCases,
    exemptions: primeRlExemptions,
    tolerance: tight,
    checkout: 'primeRl',
  },
};

const MAX_SHOWN = 10;

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) {
    throw new InvalidArgumentError('It must be a whole number.');
  }
  return value;
};

const program = new Command('differential')
  .description(
    'Random inputs through our losses and through the own code of TRL, verl and prime-rl.',
  )
  .argument('[peers...]', `of ${Object.keys(PEERS).join(', ')} (default: those that are there)`)
  .option('--cases <n>', 'random inputs per peer', count, 1000)
  .option('--seed <n>', 'of the inputs', count, 0)
  .option('--verl <folder>', 'a checkout of verl')
  .option('--prime-rl <folder>', 'a checkout of prime-rl')
  .addHelpText('after', '\nMOLRL_PYTHON names a Python that has torch, and trl for the first.')
  .parse(process.argv.filter((arg, i) => i < 2 || arg !== '--')); // pnpm hands a literal -- on
const options = program.opts<{ cases: number; seed: number; verl?: string; primeRl?: string }>();
const python = process.env.MOLRL_PYTHON;
if (!python) program.error('differential: set MOLRL_PYTHON to a Python that has torch and trl.');
for (const name of program.args) {
  if (!Object.hasOwn(PEERS, name)) {
    program.error(`differential: unknown peer '${name}'. Known: ${Object.keys(PEERS).join(', ')}.`);
  }
}

/** Asks the peer all questions at once. */
function ask(peer: Peer, cases: readonly DifferentialCase[], folder: string | undefined): Answer[] {
  const script = fileURLToPath(new URL(peer.script, import.meta.url));
  const input = cases.map(({ question }) => JSON.stringify(question)).join('\n');
  const args = folder === undefined ? [script] : [script, folder];
  const { stdout, stderr, error } = spawnSync(python!, args, {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 30,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const answers = stdout?.trim().split('\n') ?? [];
  if (answers.length === cases.length) return answers.map((line) => decode(JSON.parse(line)));
  throw new Error(`${peer.script} did not answer: ${error?.message ?? stderr.slice(-1000)}`);
}

/** The case's differences; an exception of either side is one. */
function compareCase(one: DifferentialCase, peer: Peer, answer: Answer) {
  if (answer.error) return { faults: [`the peer says ${answer.error}`], exempt: [] };
  try {
    return differences(one, answer, peer.exemptions, peer.tolerance);
  } catch (error) {
    return { faults: [error instanceof Error ? error.message : String(error)], exempt: [] };
  }
}

let [passed, failed] = [0, 0];
const asked = program.args.length > 0 ? program.args : Object.keys(PEERS);
for (const name of asked) {
  const peer = PEERS[name]!;
  const folder = peer.checkout && options[peer.checkout];
  if (peer.checkout && !folder) {
    const flag = `--${name} <folder>`;
    if (program.args.length > 0) program.error(`differential: ${name} needs ${flag}.`);
    process.stdout.write(`${name}: absent, pass ${flag}\n`);
    continue;
  }
  if (folder && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    program.error(`differential: ${folder} is not a folder.`);
  }
  const cases = peer.cases(options.seed, options.cases);
  const answers = ask(peer, cases, folder);
  const reasons = new Map<string, number>();
  let shown = 0;
  let equal = 0;
  cases.forEach((one, i) => {
    const { faults, exempt } = compareCase(one, peer, answers[i]!);
    for (const reason of new Set(exempt)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (faults.length === 0) equal++;
    else if (shown++ < MAX_SHOWN) {
      const { data, ...rest } = one.question;
      process.stdout.write(
        `  ${name} #${i} ${JSON.stringify(rest).slice(0, 400)}\n    ${faults[0]}\n`,
      );
    }
  });
  passed += equal;
  failed += cases.length - equal;
  process.stdout.write(`${name}: ${equal} of ${cases.length} equal\n`);
  for (const [reason, times] of reasons) process.stdout.write(`  ${times} by design: ${reason}\n`);
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
