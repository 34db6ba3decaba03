import { type DataRow, type Tool, toolEnvironment } from '@molrl/ef-env';
import { readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { importFile } from './importFile.ts';
import { isAnswer } from './isAnswer.ts';
import { rowsGame } from './rowsGame.ts';

export interface ToolsGameOptions {
  data: string;
  evalData?: string | undefined;
  /** File with the list of tools. */
  tools: string;
  system?: string | undefined;
  seed: number;
}

/** Questions that are answered with tools of the user's; an answer is right if it is that of its row. */
export async function toolsGame(options: ToolsGameOptions): Promise<Game<DataRow>> {
  const { tools: file, system, seed } = options;
  const rows = await readDataRows(options);
  const { default: tools } = await importFile('tools', file);
  if (!Array.isArray(tools)) {
    throw new Error(
      `tools: the default export of ${file} must be a list of tools ({ name, description, parameters, call }), got ${tools === undefined ? 'none' : typeof tools}.`,
    );
  }
  const environment = toolEnvironment<DataRow>({
    tools: tools as Tool<undefined>[], // checked by the environment
    system,
    score: (answer, { task }) => Number(isAnswer(answer, task.answer)),
  });
  return rowsGame({
    ...{ rows, seed, environment, withFeedback: environment },
    files: { [file]: await sha256(file) },
    accuracy: 'the answer is exactly that of the row',
  });
}
