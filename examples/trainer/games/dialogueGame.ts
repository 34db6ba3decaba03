import { type DataRow, type Environment, stages } from '@molrl/ef-env';
import { readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { importFile } from './importFile.ts';
import { rowsGame } from './rowsGame.ts';

export interface DialogueGameOptions {
  data: string;
  evalData?: string | undefined;
  /** File with the rule. */
  rule: string;
  attempts: number;
  system?: string | undefined;
  seed: number;
}

/** What a rule file exports: `true`, or what is wrong in words that the model is told. */
type Rule = (answer: string, row: DataRow) => true | string | Promise<true | string>;

/** Answers that must keep a rule of the user's; what breaks it is said, and the model tries again. */
export async function dialogueGame(options: DialogueGameOptions): Promise<Game<DataRow>> {
  const { rule: file, attempts, system, seed } = options;
  const rows = await readDataRows(options);
  const { default: rule } = await importFile('rule', file);
  if (typeof rule !== 'function') {
    throw new Error(
      `rule: the default export of ${file} must be a function (answer, row) => true or a text, got ${rule === undefined ? 'none' : typeof rule}.`,
    );
  }
  const environment: Environment<DataRow> = stages<DataRow, { answer: string }>({
    ...{ name: 'dialogue', system, context: 'all' },
    stages: [
      {
        name: 'answer',
        prompt: ({ prompt }) => String(prompt),
        rules: [
          { name: 'rule', check: (answer, { task }) => (rule as Rule)(answer, task) }, // stages checks what it gives
        ],
        attempts,
      },
    ],
    score: () => 1,
  });
  return rowsGame({
    ...{ rows, seed, environment, withFeedback: environment },
    files: { [file]: await sha256(file) },
    accuracy: 'an answer keeps the rule',
  });
}
