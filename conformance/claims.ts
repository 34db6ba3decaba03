import { performance } from 'node:perf_hooks';

/** Says what held; a claim that did not makes this process end with 1. */
export function report(claim: string, held: boolean, shown: unknown = ''): void {
  if (!held) process.exitCode = 1;
  console.log(`${held ? 'held  ' : 'FAILED'} ${claim} ${shown}`);
}

/** What `call` rejects with. */
export async function reason(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'nothing',
    (error: Error) => error.message,
  );
}

/** How often a second `step` can be done, one after the other. */
export async function rate(step: () => Promise<unknown>, times: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < times; i++) await step();
  return Math.round(times / ((performance.now() - start) / 1000));
}
