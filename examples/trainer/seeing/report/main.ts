// npm run report -- runs/A [runs/B ...] [--out FILE]   one run as an HTML file, or several beside each other
import { dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { endProcess } from '../../harness/endProcess.ts';
import { replaceFile } from '../../harness/replaceFile.ts';
import { readRun } from '../readRun.ts';
import { renderReport } from './report.ts';

async function main(): Promise<void> {
  const command = new Command('npm run report --')
    .argument('<runs...>', 'folders of runs; several are compared')
    .option('--out <file>', 'default: report.html in the run, comparison.html beside several')
    .parse(process.argv.filter((argument) => argument !== '--'));
  const [first = '.', ...others] = command.args;
  const beside = others.length > 0 ? join(dirname(resolve(first)), 'comparison.html') : undefined;
  const { out = beside ?? join(first, 'report.html') } = command.opts<{ out?: string }>();
  const runs = await Promise.all([first, ...others].map(readRun));
  await replaceFile(out, renderReport(runs));
  process.stdout.write(`Report: ${out}\n`);
}

endProcess(main());
