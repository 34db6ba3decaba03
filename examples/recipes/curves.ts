import { cpus, loadavg } from 'node:os';
import { tInterval } from '../trainer/base/intervals.ts';

/** The figure of each update of one run. */
export type Curve = (seed: number) => Promise<number[]>;

export interface CurvesOptions {
  arms: Readonly<Record<string, Curve>>;
  seeds: number;
  /** Updates that a line of the table is the mean of. */
  every: number;
}

/** Runs every arm on every seed, and prints means over stretches of updates with their 95 % t-interval over the seeds. */
export async function printCurves({ arms, seeds, every }: CurvesOptions): Promise<void> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  print(`${new Date().toISOString()}, ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}`);
  for (const [name, run] of Object.entries(arms)) {
    const started = performance.now();
    const curves: number[][] = [];
    for (let seed = 0; seed < seeds; seed++) {
      curves.push(await run(seed));
      print(`  ${name}, seed ${seed}: ${stretches(curves[seed]!, every).map(shown).join(' ')}`);
    }
    const seconds = (performance.now() - started) / 1000 / seeds;
    print(`${name} (${seconds.toFixed(0)} s a seed)`);
    const all = curves.map((curve) => stretches(curve, every));
    for (const [i] of all[0]!.entries()) {
      const { mean, ci95 } = tInterval(all.map((own) => own[i]!)); // all have as many updates
      print(
        `| ${i * every + 1}–${(i + 1) * every} | ${shown(mean)} [${ci95.map(shown).join(', ')}] |`,
      );
    }
  }
}

const shown = (value: number): string => value.toFixed(2);

const stretches = (curve: readonly number[], every: number): number[] =>
  Array.from({ length: Math.floor(curve.length / every) }, (_, i) => {
    const part = curve.slice(i * every, (i + 1) * every);
    return part.reduce((sum, value) => sum + value, 0) / every;
  });
