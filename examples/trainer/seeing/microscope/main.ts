// npm run microscope -- runs/last [--sample 3] [--step 12]   a kept completion of a run, token by token
import { Command } from 'commander';
import { numberOption } from '../../config/numberOption.ts';
import { endProcess } from '../../harness/endProcess.ts';
import { readRun } from '../readRun.ts';
import { microscopeText } from './microscopeText.ts';

async function main(): Promise<void> {
  const command = new Command('npm run microscope --')
    .argument('<run>', 'folder of a run, such as runs/last')
    .option(
      '--sample <n>',
      'which completion of the update, from 1 (default: the first that was trained on)',
      numberOption,
    )
    .option('--step <n>', 'which update (default: the last one that was kept)', numberOption)
    .parse(process.argv.filter((argument) => argument !== '--'));
  const [folder = ''] = command.args;
  const { sample, step } = command.opts<{ sample?: number; step?: number }>();
  const { completions } = await readRun(folder);
  const last = completions.at(-1);
  if (!last) {
    throw new Error(
      `${folder}: no completions were kept. Only the stage grpo writes them; has it begun?`,
    );
  }
  const rows = completions.filter((row) => row.step === (step ?? last.step));
  const trained = rows.findIndex(({ tokens }) => tokens.losses !== undefined);
  const row = rows[sample === undefined ? Math.max(0, trained) : sample - 1];
  if (!row) {
    const steps = [...new Set(completions.map((one) => one.step))];
    throw new Error(
      `--sample ${sample}${step === undefined ? '' : ` --step ${step}`}: there is no such completion. Update ${step ?? last.step} has ${rows.length}; kept are the updates ${steps.join(', ')}.`,
    );
  }
  const colors = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  process.stdout.write(`${microscopeText(row, { colors })}\n`);
}

endProcess(main());
