// `pnpm faults [text]`: what goes wrong in a run of the trainer, one after the other, on the shipped model. Prints a table of
// what happens and what is lost, and exits with 1 if a promise is broken. Texts run the faults whose name has one of them.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { outcome, SMALL_TRAINING, train } from '../../processes/trainerRuns.ts';
import { diskFaults } from './diskFaults.ts';
import { nanFaults } from './nanFaults.ts';
import { rewardFaults } from './rewardFaults.ts';

const wanted = process.argv.slice(2).filter((argument) => argument !== '--');
const faults = [...diskFaults, ...nanFaults, ...rewardFaults].filter(
  ({ name }) => wanted.length === 0 || wanted.some((text) => name.includes(text)),
);
const write = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const root = await mkdtemp(join(tmpdir(), 'molrl-faults-'));
let alone: Promise<Record<string, unknown>> | undefined;
const runAlone = async (): Promise<Record<string, unknown>> => {
  const whole = await train([...SMALL_TRAINING, '--out', join(root, 'whole')]);
  if (whole.code !== 0) throw new Error(`the run left alone failed: ${whole.stderr}`);
  return outcome(join(root, 'whole'));
};
const expected = (): Promise<Record<string, unknown>> => (alone ??= runAlone());

write('| fault | what happens | what is lost |\n| --- | --- | --- |');
let failed = 0;
for (const [index, { name, happens, lost, run }] of faults.entries()) {
  const folder = join(root, String(index));
  await mkdir(folder);
  try {
    await run({ folder, expected, train });
    write(`| ${name} | ${happens} | ${lost} |`);
    await rm(folder, { recursive: true });
  } catch (error) {
    failed += 1;
    const [first = ''] = (error as Error).message.split('\n');
    write(`| ${name} | **FAILED**: ${first.slice(0, 300)} (${folder}) | |`);
  }
}
if (failed === 0) await rm(root, { recursive: true });
else process.exitCode = 1;
write(`\n${faults.length - failed} passed, ${failed} failed`);
