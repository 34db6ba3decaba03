import { join } from 'node:path';
import { replaceFile } from '../trainer/harness/replaceFile.ts';
import { frontPicture } from './frontPicture.ts';
import { type ArmRecord, armsFile, type RateRecord, ratesFile, readRecords } from './records.ts';
import { htmlReport, markdownTable } from './report.ts';
import type { Settings } from './settings.ts';
import { summarise } from './summary.ts';

/** `results.json`, `table.md`, `front.svg` and `report.html` of what a folder holds so far. */
export async function writeReport(out: string, settings: Settings): Promise<void> {
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
}
