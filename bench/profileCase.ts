import { formatProfile, profile } from '@molrl/tensor-gpu';
import type { Backend } from './benchRow.ts';
import type { Case } from './cases.ts';
import type { MachineLimit } from './machineLimit.ts';
import { WARM_SECONDS } from './measureCase.ts';
import { openOurs } from './ours/openOurs.ts';
import { prepare } from './ours/prepare.ts';

/** Runs that the printed profile adds up. */
const RUNS = 10;

/** Where one run of our side of a case spends its time, as a table of text. */
export async function profileCase(
  item: Case,
  options: { kernels: Backend; threads: number; limit: MachineLimit | null },
): Promise<string> {
  const { kernels, threads, limit } = options;
  const { library, finish, dispose } = await openOurs(kernels, threads);
  const run = (await prepare[item.bench]())(item.spec as never); // the case's own bench reads it
  const started = performance.now();
  do {
    await run();
    await finish();
  } while (performance.now() - started < 1000 * WARM_SECONDS);
  const measured = await profile(
    async () => {
      for (let i = 0; i < RUNS; i++) await run();
    },
    { limit: limit ?? undefined },
  );
  dispose();
  const perRun = ((1000 * measured.seconds) / RUNS).toFixed(2);
  const head = `${item.bench} ${item.shape} on ${library}${kernels === 'webgpu' ? '' : `, ${threads} threads`}: ${perRun} ms a run, ${RUNS} runs after ${WARM_SECONDS} s of warming up`;
  return `${head}\n${formatProfile(measured)}`;
}
