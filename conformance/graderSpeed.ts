import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { gradeMath } from '@molrl/ef-env';

/**
 * Time of one graded pair over every third generated case (hostile ones left out), ours and, with
 * MOLRL_PYTHON naming a Python that has math-verify, the peer's in the same run.
 * `node --conditions=@molrl/source --import tsx conformance/graderSpeed.ts`
 */
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const { rows } = JSON.parse(readFileSync(here('fixtures/env/math_generated.json'), 'utf8')) as {
  rows: { cat: string; gold: string; pred: unknown }[];
};
const pairs = rows
  .filter(({ cat, pred }, i) => i % 3 === 0 && cat !== 'hostile' && typeof pred === 'string')
  .map(({ gold, pred }): [string, string] => [gold, String(pred)]);

const grade = ([gold, pred]: [string, string]): number => {
  const start = performance.now();
  gradeMath(gold, pred);
  return performance.now() - start;
};
const report = (name: string, milliseconds: readonly number[]): number => {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * sorted.length)]!;
  process.stdout.write(
    `${name}: ${sorted.length} pairs, median ${at(0.5).toFixed(3)} ms, p99 ${at(0.99).toFixed(2)} ms\n`,
  );
  return at(0.5);
};

const first = report('ours, fresh process', pairs.map(grade));
const warm = report('ours, warm', pairs.map(grade));
const python = process.env.MOLRL_PYTHON;
if (python === undefined) process.stdout.write('No peer: MOLRL_PYTHON is not set.\n');
else {
  const { stdout, stderr } = spawnSync(python, [here('graderSpeed.py')], {
    input: JSON.stringify(pairs),
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(`graderSpeed: math-verify did not run: ${stderr.slice(-500)}`);
  const seconds = JSON.parse(stdout) as number[]; // written by graderSpeed.py
  const peer = report(
    'math-verify',
    seconds.map((s) => 1000 * s),
  );
  process.stdout.write(
    `ratio of medians: ${(peer / first).toFixed(0)} fresh, ${(peer / warm).toFixed(0)} warm\n`,
  );
}
