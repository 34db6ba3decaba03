import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend, BenchRow } from './benchRow.ts';
import type { Case } from './cases.ts';
import { type Contender, startContender } from './contender.ts';
import { leastSeconds, type MachineLimit } from './machineLimit.ts';
import { median } from './median.ts';

export interface MeasureOptions {
  threads: number;
  rounds: number;
  kernels: readonly Backend[];
  /** PyTorch's name of the device that the peers compute on. */
  peerDevice: string;
  limit: MachineLimit | null;
}

/** Each variant runs this long before it counts: compilers tier up, thread pools wake, memory is mapped. */
export const WARM_SECONDS = 3;
/** A call is repeated until a sample takes about this long, so that clocks and wake-ups do not count. */
export const SAMPLE_SECONDS = 1;
/** Thread pools spin for a while after their work; the next contender starts when they sleep. */
const PAUSE_MS = 250;

/** Of one sample. */
const MOST_CALLS = 100_000;

const folder = dirname(fileURLToPath(import.meta.url));

interface Entry {
  /** A {@link Backend}, or the peer's name. */
  name: string;
  /** Kernels of ours. */
  library: string;
  isOurs: boolean;
  sample: () => Promise<number>;
  seconds: number[];
}

/**
 * Runs a case on our back ends and on every peer, one after the other in each round, and gives one row per
 * back end and peer. A contender that cannot run is named on stderr and left out.
 */
export async function measureCase(item: Case, options: MeasureOptions): Promise<BenchRow[]> {
  const contenders: Contender[] = [];
  const entries: Entry[] = [];
  const add = async (
    prefix: string,
    isOurs: boolean,
    starting: Promise<Contender>,
  ): Promise<void> => {
    try {
      const contender = await starting;
      contenders.push(contender);
      for (const [name, why] of Object.entries(contender.failed)) complain(item, name, why);
      for (const variant of contender.ready) {
        const repeats = Math.ceil(SAMPLE_SECONDS / (await warmSeconds(contender, variant)));
        const sample = (): Promise<number> => contender.run(variant, Math.min(repeats, MOST_CALLS));
        const { library = '' } = contender;
        entries.push({ name: prefix + variant, library, isOurs, sample, seconds: [] });
      }
    } catch (error) {
      complain(item, prefix, error instanceof Error ? error.message : String(error));
    }
  };
  try {
    for (const kernels of options.kernels)
      await add('', true, startOurs(item, kernels, options.threads));
    for (const [file, variants] of Object.entries(process.env.MOLRL_PYTHON ? item.peers : {}))
      await add('', false, startPeer(item, { file, variants }, options));
    for (let round = 0; round < options.rounds; round++) {
      for (const entry of entries) {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        entry.seconds.push(await entry.sample());
      }
    }
  } finally {
    for (const contender of contenders) contender.stop();
  }
  return rowsOf(item, options, entries);
}

/** Warms a variant up; seconds of one call afterwards. */
async function warmSeconds(contender: Contender, variant: string): Promise<number> {
  const started = performance.now();
  let seconds = Math.max(await contender.run(variant, 1), 1e-6);
  while (performance.now() - started < 1000 * WARM_SECONDS) {
    const calls = Math.min(Math.ceil(SAMPLE_SECONDS / 4 / seconds), MOST_CALLS);
    seconds = Math.max(await contender.run(variant, calls), 1e-6);
  }
  return seconds;
}

function startOurs(item: Case, kernels: string, threads: number): Promise<Contender> {
  return startContender([
    process.execPath,
    '--conditions=@molrl/source',
    '--import',
    'tsx',
    join(folder, 'ours', 'main.ts'),
    JSON.stringify({ bench: item.bench, spec: item.spec, kernels, threads }),
  ]);
}

function startPeer(
  item: Case,
  { file, variants }: { file: string; variants: string[] },
  { threads, peerDevice }: MeasureOptions,
): Promise<Contender> {
  const python = process.env.MOLRL_PYTHON ?? 'python3';
  const args = ['--spec', JSON.stringify(item.spec), '--threads', String(threads)];
  args.push('--device', peerDevice);
  return startContender(
    [python, join(folder, 'peers', file), ...args, '--variants', variants.join(',')],
    {
      OMP_NUM_THREADS: String(threads),
    },
  );
}

function rowsOf(item: Case, options: MeasureOptions, entries: readonly Entry[]): BenchRow[] {
  const { bench, shape, unit, amount } = item;
  const inUnit = (seconds: number): number => (unit === 's' ? seconds : amount / seconds);
  const least = options.limit && leastSeconds(item.work, options.limit);
  const peers = entries.filter((entry) => !entry.isOurs);
  return entries
    .filter((entry) => entry.isOurs)
    .flatMap((ours): BenchRow[] => {
      const limit = least === null || ours.name === 'webgpu' ? null : inUnit(least);
      const base = {
        ...{ bench, shape, threads: options.threads, backend: ours.name as Backend }, // only we have these names
        library: ours.library,
        ours: inUnit(median(ours.seconds)),
      };
      if (peers.length === 0)
        return [{ ...base, peer: null, peerName: null, ratio: null, limit, unit }];
      return peers.map((peer) => {
        const ratio = median(peer.seconds.map((seconds, i) => seconds / ours.seconds[i]!));
        return {
          ...base,
          peer: inUnit(median(peer.seconds)),
          peerName: peer.name,
          ratio,
          limit,
          unit,
        };
      });
    });
}

function complain(item: Case, name: string, why: string): void {
  console.error(`${item.bench} ${item.shape}: ${name || 'a contender'} did not run: ${why.trim()}`);
}
