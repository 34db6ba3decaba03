import { promptEnvironment, type RewardFunction, type Rubric, rubric } from '@molrl/ef-env';
import { saidIn } from '../method/episodeText.ts';
import { itemOfEpochs } from '../method/epochs.ts';
import { type DataRows, readDataRows, sha256 } from './dataRows.ts';
import type { Game } from './game.ts';
import { importFile } from './importFile.ts';
import { isAnswer } from './isAnswer.ts';
import { type PromptRow, rewardByAnswer } from './rewardByAnswer.ts';
import type { SftRow } from './sftRow.ts';

/** What a reward file exports. */
export interface RewardFile {
  /** A reward, several by name (each alone or with a weight), or a rubric. */
  default: RewardFunction<PromptRow> | Rubric<PromptRow> | Parameters<typeof rubric<PromptRow>>[0];
  /** Right or wrong, independent of the reward's shape: what evaluations report. */
  accuracy?: ((completion: string, row: PromptRow) => boolean) | undefined;
}

export interface PromptGameOptions {
  /** Absent: there is nothing to play, only `sft.data` to learn from. */
  data?: string | undefined;
  evalData?: string | undefined;
  /** Absent: right or wrong by the row's `answer`. */
  reward?: string | undefined;
  system?: string | undefined;
  seed: number;
}

/** Rows and a reward of the user's own. */
export async function promptGame(options: PromptGameOptions): Promise<Game<PromptRow>> {
  const { data, evalData, system, seed } = options;
  const { train, heldOut, files } =
    data === undefined ? NO_ROWS : await readDataRows<PromptRow>({ data, evalData, seed });
  const judged = await judgeOf(options.reward, train[0]);
  return {
    environment: promptEnvironment<PromptRow>({ reward: judged.reward, system }),
    nextTask: (_, position) => itemOfEpochs(train, position, seed),
    heldOut: (count) => heldOut.slice(0, count),
    sftRows: train.flatMap(exampleOf),
    isRight: (episode, task) => judged.isRight(saidIn(episode), task, episode.reward),
    accuracy: judged.accuracy,
    files: { ...files, ...judged.files },
  };
}

const NO_ROWS: DataRows<PromptRow> = { train: [], heldOut: [], files: {} };

interface Judged {
  reward: RewardFunction<PromptRow> | Rubric<PromptRow>;
  isRight(text: string, row: PromptRow, reward: number | null): boolean;
  accuracy: string;
  files: Record<string, string>;
}

/** The reward file's `accuracy`, else the row's `answer`, else a full reward; without a file the answer is the reward, too. */
async function judgeOf(file: string | undefined, row: PromptRow | undefined): Promise<Judged> {
  const byRow = typeof row?.answer === 'string' || typeof row?.answer === 'number';
  if (file === undefined) return { reward: rewardByAnswer, ...BY_ANSWER, files: {} };
  const exported = await importFile('reward', file);
  const reward = readReward(file, exported.default);
  const files = { [file]: await sha256(file) };
  const { accuracy } = exported as Partial<RewardFile>;
  if (accuracy === undefined) return { reward, ...(byRow ? BY_ANSWER : BY_REWARD), files };
  if (typeof accuracy === 'function')
    return { reward, isRight: accuracy, accuracy: 'by `accuracy` of the reward file', files };
  throw new Error(
    `reward: \`accuracy\` of ${file} must be a function (completion, row) => boolean, got ${typeof accuracy}.`,
  );
}

const BY_ANSWER: Pick<Judged, 'isRight' | 'accuracy'> = {
  isRight: (text, { answer }) => isAnswer(text, answer),
  accuracy: 'the answer is exactly that of the row',
};
const BY_REWARD: Pick<Judged, 'isRight' | 'accuracy'> = {
  isRight: (_text, _row, reward) => reward === 1,
  accuracy: 'the reward is 1',
};

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

/** A row that says what to answer is an example to learn from. */
function exampleOf({ prompt, completion, answer }: PromptRow): SftRow[] {
  const said = completion ?? answer;
  if (typeof said !== 'string' && typeof said !== 'number') return [];
  const asked = typeof prompt === 'string' ? [{ role: 'user' as const, content: prompt }] : prompt;
  return [{ messages: [...asked, { role: 'assistant', content: String(said) }] }];
}
