import {
  type ConversationMessage,
  parseAnswer,
  promptEnvironment,
  type RewardFunction,
  type Rubric,
  rubric,
} from '@molrl/ef-env';
import { saidIn } from '../method/episodeText.ts';
import { itemOfEpochs } from '../method/epochs.ts';
import { readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { importFile } from './importFile.ts';

/** A row of the user's: a prompt and whatever the reward reads. */
export interface PromptRow {
  prompt: string | readonly ConversationMessage[];
  [column: string]: unknown;
}

/** What a reward file exports. */
export interface RewardFile {
  /** A reward, several by name (each alone or with a weight), or a rubric. */
  default: RewardFunction<PromptRow> | Rubric<PromptRow> | Parameters<typeof rubric<PromptRow>>[0];
  /** Right or wrong, independent of the reward's shape: what evaluations report. */
  accuracy?: ((completion: string, row: PromptRow) => boolean) | undefined;
}

export interface PromptGameOptions {
  data: string;
  evalData?: string | undefined;
  reward: string;
  system?: string | undefined;
  seed: number;
}

/** Rows and a reward of the user's own. */
export async function promptGame(options: PromptGameOptions): Promise<Game<PromptRow>> {
  const { reward: file, system, seed } = options;
  const { train, heldOut, files } = await readDataRows<PromptRow>(options);
  const exported = await importFile('reward', file);
  const reward = readReward(file, exported.default);
  const { accuracy } = exported as Partial<RewardFile>;
  if (accuracy !== undefined && typeof accuracy !== 'function') {
    throw new Error(
      `reward: \`accuracy\` of ${file} must be a function (completion, row) => boolean, got ${typeof accuracy}.`,
    );
  }
  const judge = judgeOf(accuracy, train[0]);
  return {
    environment: promptEnvironment<PromptRow>({ reward, system }),
    nextTask: (_, position) => itemOfEpochs(train, position, seed),
    heldOut: (count) => heldOut.slice(0, count),
    ...judge,
    files: { ...files, [file]: await sha256(file) },
  };
}

function readReward(file: string, given: unknown): RewardFunction<PromptRow> | Rubric<PromptRow> {
  if (typeof given === 'function') return given as RewardFunction<PromptRow>; // its result is checked by the rubric
  if (typeof given === 'object' && given !== null) {
    return 'score' in given
      ? (given as Rubric<PromptRow>)
      : rubric<PromptRow>(given as Parameters<typeof rubric<PromptRow>>[0]); // checks each
  }
  throw new Error(
    `reward: the default export of ${file} must be a function (completions, columns) => numbers, several by name, or a rubric; got ${given === undefined ? 'none' : typeof given}.`,
  );
}

type Judge = Pick<Game<PromptRow>, 'isRight' | 'accuracy'>;

/** `accuracy` of the reward file, else the row's `answer`, else a full reward. */
function judgeOf(accuracy: RewardFile['accuracy'], row: PromptRow | undefined): Judge {
  if (accuracy) {
    return {
      isRight: (episode, task) => accuracy(saidIn(episode), task),
      accuracy: 'by `accuracy` of the reward file',
    };
  }
  if (typeof row?.answer === 'string' || typeof row?.answer === 'number') {
    return {
      isRight: (episode, { answer }) => answerOf(saidIn(episode)) === String(answer).trim(),
      accuracy: 'the answer is exactly that of the row',
    };
  }
  return { isRight: ({ reward }) => reward === 1, accuracy: 'the reward is 1' };
}

/** What follows the last thought, or all where there is none. */
const answerOf = (text: string): string => parseAnswer(text) ?? text.trim();
