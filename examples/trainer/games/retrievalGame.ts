import {
  type RetrievalDocument,
  type RetrievalTask,
  readRows,
  retrievalEnvironment,
} from '@molrl/ef-env';
import { readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { rowsGame } from './rowsGame.ts';

export interface RetrievalGameOptions {
  data: string;
  evalData?: string | undefined;
  /** File of what is searched. */
  documents: string;
  seed: number;
}

/** Questions that are answered by searching documents of the user's. */
export async function retrievalGame(options: RetrievalGameOptions): Promise<Game<RetrievalTask>> {
  const { documents: file, seed } = options;
  const rows = await readDataRows<RetrievalTask>(options);
  const source = await readRows<RetrievalDocument>(file);
  const asked = (feedback: 'none' | 'step') => retrievalEnvironment({ source, feedback });
  return rowsGame({
    ...{ rows, seed, environment: asked('none'), withFeedback: asked('step') },
    files: { [file]: await sha256(file) },
    isRight: ({ segments }) => segments.findLast(({ kind }) => kind === 'policy')?.reward === 1,
    accuracy: "the answer is one of the row's (SQuAD's exact match)",
  });
}
