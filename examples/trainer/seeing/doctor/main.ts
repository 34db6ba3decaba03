// npm run doctor -- --config FILE   checks a run before it starts: the options are those of `npm run train`
// npm run doctor -- runs/last       what the doctor finds in the metrics of a run
import { checkSettings } from '../../config/checkSettings.ts';
import { readCommandLine } from '../../config/commandLine.ts';
import { readGiven } from '../../config/readSettings.ts';
import { endProcess } from '../../harness/endProcess.ts';

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<void> {
  const argv = process.argv.slice(2).filter((argument) => argument !== '--');
  const [folder] = argv;
  if (folder !== undefined && !folder.startsWith('-')) return ofRun(folder);
  const line = readCommandLine(argv);
  const settings = checkSettings(await readGiven(line), { quick: line.quick });
  const { beforeStart } = await import('./beforeStart.ts'); // all that computes
  const sentences = await beforeStart(settings, line.threads);
  for (const sentence of sentences) say(`- ${sentence}`);
  say(sentences.length === 0 ? 'Healthy: nothing to say.' : `${sentences.length} found.`);
  process.exitCode = sentences.length === 0 ? 0 : 1;
}

async function ofRun(folder: string): Promise<void> {
  const [{ readRun }, { afterRun, findingLine }] = await Promise.all([
    import('../readRun.ts'),
    import('./afterRun.ts'),
  ]);
  const { settings, metrics } = await readRun(folder);
  const found = afterRun(settings, metrics);
  for (const finding of found) say(`- ${findingLine(finding)}`);
  say(
    found.length === 0
      ? `Healthy: nothing to say of ${metrics.length} rows of metrics.`
      : `${found.length} found.`,
  );
}

endProcess(main());
