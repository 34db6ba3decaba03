import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../trainer/base/exists.ts';
import { endProcess } from '../trainer/harness/endProcess.ts';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { onStopSignals } from '../trainer/harness/stopSignals.ts';
import { findModel, SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { compare } from './compare.ts';
import { openRunners } from './runners.ts';
import { readOptions, type Settings } from './settings.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { settings, out, jobs, threads } = readOptions(process.argv.slice(2), SHIPPED_MODEL);
  for (const model of settings.models) await findModel(model); // or say what is missing
  await mkdir(out, { recursive: true });
  await assertSame(out, settings);
  const stop = new AbortController();
  onStopSignals(stop, say);
  say(`${jobs} processes of ${threads} threads. Writing to ${out}`);
  const { runners, close } = openRunners({ settings, jobs, threads, signal: stop.signal, say });
  try {
    await compare({ settings, out, runners });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say(`Stopped. The same command with --out ${out} goes on.`);
  } finally {
    close();
    say(`Report: ${join(out, 'report.html')}   Figures: ${join(out, 'results.json')}`);
  }
}

/** A folder holds the runs of one set of settings; more methods or seeds may be added to it. */
async function assertSame(out: string, settings: Settings): Promise<void> {
  const file = join(out, 'settings.json');
  const { methods: _, seeds: __, ...fixed } = settings;
  const text = `${JSON.stringify(fixed, null, 2)}\n`;
  if (!(await exists(file))) return replaceFile(file, text);
  if ((await readFile(file, 'utf8')) === text) return;
  throw new Error(
    `compare: ${file} has other settings than this command. Only --methods and --seeds may change; give another --out.`,
  );
}

endProcess(main());
