import { type CodeTask, type DataRow, javascriptSandbox, pythonSandbox } from '@molrl/ef-env';
import { codeEnvironments } from './codeEnvironments.ts';
import { type DataRows, readDataRows } from './dataRows.ts';
import type { Game } from './game.ts';
import { rowsGame } from './rowsGame.ts';

export interface CodeGameOptions {
  data: string;
  evalData?: string | undefined;
  language: 'javascript' | 'python';
  seed: number;
}

/** Programs that must pass the tests of their row, run in a sandbox; the reward is the share that passes. */
export async function codeGame(options: CodeGameOptions): Promise<Game<CodeTask>> {
  const { language, seed } = options;
  const { train, heldOut, files } = await readDataRows(options);
  const rows: DataRows<CodeTask> = {
    train: train.map(taskOf),
    heldOut: heldOut.map(taskOf),
    files,
  };
  const sandbox = language === 'python' ? pythonSandbox() : javascriptSandbox();
  const { close, ...environments } = codeEnvironments(sandbox);
  return {
    ...rowsGame({ ...environments, rows, seed, accuracy: 'every test passes' }),
    close,
  };
}

/** Without a `mode`, tests that are texts are assertions, those with `args` call a function, others read and print. */
function taskOf({ prompt, tests, mode, ...rest }: DataRow, index: number): CodeTask {
  const first: unknown = Array.isArray(tests) ? tests[0] : undefined;
  if (typeof prompt !== 'string' || first === undefined) {
    throw new Error(
      `data: row ${index + 1} needs a text \`prompt\` and a list of \`tests\`, got the columns ${Object.keys({ prompt, tests, mode, ...rest }).join(', ')}.`,
    );
  }
  return { ...rest, prompt, tests, mode: mode ?? modeOf(first) } as CodeTask; // the environment checks each test
}

function modeOf(test: unknown): CodeTask['mode'] {
  if (typeof test === 'string') return 'assert';
  return typeof test === 'object' && test !== null && 'args' in test ? 'function' : 'stdio';
}
