import { cpuUsage } from 'node:process';

/** Time of a piece of work, seconds: by the clock, and of the processor, which is what counts where others use the machine too. */
export interface Run {
  seconds: number;
  processor: number;
}

export async function timed(work: () => Promise<void>): Promise<Run> {
  const [start, before] = [performance.now(), cpuUsage()];
  await work();
  const { user, system } = cpuUsage(before);
  return { seconds: (performance.now() - start) / 1e3, processor: (user + system) / 1e6 };
}
