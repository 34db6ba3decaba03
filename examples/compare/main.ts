import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endProcess } from '../trainer/harness/endProcess.ts';
import { exists } from '../trainer/harness/exists.ts';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { onStopSignals } from '../trainer/harness/stopSignals.ts';
import { SHIPPED_MODEL } from '../trainer/model/findModel.ts';
import { compare } from './compare.ts';
import { frontPicture } from './frontPicture.ts';
import { type ArmRecord, armsFile, type RateRecord, ratesFile, readRecords } from './records.ts';
import { htmlReport, markdownTable } from './report.ts';
import { openRunners } from './runners.ts';
import { readOptions, type Settings } from './settings.ts';
import { summarise } from './summary.ts';

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function main(): Promise<void> {
  const { settings, out, jobs, threads } = readOptions(process.argv.slice(2), SHIPPED_MODEL);
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
  }
  await writeReport(out, settings);
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

async function writeReport(out: string, settings: Settings): Promise<void> {
  const records = await readRecords<ArmRecord>(armsFile(out));
  const rates = await readRecords<RateRecord>(ratesFile(out));
  const arms = summarise(records, settings.evalTasks);
  const results = { settings, arms, rates };
  await replaceFile(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await replaceFile(join(out, 'table.md'), `${markdownTable(arms)}\n`);
  await replaceFile(
    join(out, 'front.svg'),
    frontPicture(arms.filter(({ domain }) => domain === settings.domains[0])),
  );
  await replaceFile(join(out, 'report.html'), htmlReport(settings, arms));
  say(`Report: ${join(out, 'report.html')}   Figures: ${join(out, 'results.json')}`);
}

endProcess(main());
