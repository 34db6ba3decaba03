import { checkChoice } from '../../base/checkChoice.ts';
import { checkCounts } from '../../base/checkCounts.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment, StepResult } from '../../episode/environment.ts';
import { missedAction } from '../../text/missedAction.ts';
import { readTurn } from '../../text/readTurn.ts';
import { bm25Retriever } from './bm25Retriever.ts';
import { readSearchAction } from './readSearchAction.ts';
import type { RetrievalDocument, Retriever } from './retrievalDocument.ts';
import {
  coverage,
  coverageGain,
  judgeAnswer,
  judgeSearch,
  type RetrievalTask,
  type SearchTurn,
} from './searchProgress.ts';
import { exactMatch, tokenF1 } from './squadScore.ts';

export interface RefineOptions {
  task: RetrievalTask;
  /** The searches before this one. */
  history: readonly SearchTurn[];
  signal: AbortSignal;
}

export interface RetrievalEnvironmentOptions {
  /** The documents, ranked by BM25, or a search engine of yours. */
  source: readonly RetrievalDocument[] | Retriever;
  /** Documents per search. Default 3, as Search-R1. */
  k?: number | undefined;
  /** Searches per episode; one more ends it unanswered. `collect` plays one turn more if it is not told otherwise. Default 4. */
  maxSearches?: number | undefined;
  /** Reranks or condenses what was found before it is shown and counted. Keep the ids. Default: nothing is changed. */
  refine?:
    | ((
        found: readonly RetrievalDocument[],
        query: string,
        options: RefineOptions,
      ) => readonly RetrievalDocument[] | Promise<readonly RetrievalDocument[]>)
    | undefined;
  /**
   * Reward of a search, given all searches so far, the newest last; `null` = not scored. Default: the share of
   * `task.support` that this search was the first to show.
   */
  progress?:
    | ((
        history: readonly SearchTurn[],
        task: RetrievalTask,
      ) => number | null | Promise<number | null>)
    | undefined;
  /** Reward of an answer: SQuAD's exact match, its F1, or a function. Default `'exact'`. */
  score?:
    | 'exact'
    | 'f1'
    | ((answer: string, task: RetrievalTask) => number | Promise<number>)
    | undefined;
  /** `'step'` says after each turn what it brought; `'none'` only shows documents. Default `'step'`. */
  feedback?: 'step' | 'none' | undefined;
  /** The first observation. Default: the question and how to search and to answer. */
  prompt?: ((task: RetrievalTask) => string) | undefined;
  /** Stored with each trajectory. Default `'retrieval'`. */
  name?: string | undefined;
}

interface State {
  task: RetrievalTask;
  history: SearchTurn[];
}

const FORMAT = 'Write <search>query</search> to search or <answer>answer</answer> to answer.';
const SCORES = {
  exact: (answer: string, { answers }: RetrievalTask) => exactMatch(answers, answer),
  f1: (answer: string, { answers }: RetrievalTask) => tokenF1(answers, answer),
};

/**
 * Questions answered by searching, several rounds of it: the policy writes `<search>query</search>` and sees the
 * documents found between `<information>` tags, until it writes `<answer>answer</answer>`. A search is rewarded by
 * its progress, the share of the evidence it was the first to show; the answer by its score. A turn that is
 * neither, and a search too many, get 0.
 *
 * A task without question or answers, or whose `support` is not among the documents, ends its episode (`stop: 'error'`).
 *
 * @throws {EfEnvError} `option` if `k` or `maxSearches` is not an integer >= 1, for documents without text, and for an
 * unknown `score` or `feedback`.
 *
 * @example
 * const env = retrievalEnvironment({
 *   source: [
 *     { id: 'fuji', text: 'Mount Fuji is the highest mountain of Japan.' },
 *     { id: 'tokyo', text: 'Tokyo is the capital of Japan.' },
 *   ],
 *   k: 1,
 * });
 * const episode = env.start();
 * await episode.reset({ question: 'Which city governs Japan?', answers: ['Tokyo'], support: ['tokyo'] }, { seed: 0 });
 * const { signal } = new AbortController();
 * (await episode.step('<search>capital of Japan</search>', { signal })).reward; // 1
 * (await episode.step('<answer>tokyo</answer>', { signal })).reward; // 1
 *
 * @see Yang et al. 2024, IM-RAG: reasoner, retriever, refiner and rewards by a progress tracker: https://arxiv.org/abs/2405.13021
 * @see Jin et al. 2025, Search-R1: https://arxiv.org/abs/2503.09516
 */
export function retrievalEnvironment(
  options: RetrievalEnvironmentOptions,
): Environment<RetrievalTask> {
  const given = readOptions('retrievalEnvironment', options, {
    source: 'required',
    k: 'optional',
    maxSearches: 'optional',
    refine: 'optional',
    progress: 'optional',
    score: 'optional',
    feedback: 'optional',
    prompt: 'optional',
    name: 'optional',
  });
  const { source, k = 3, maxSearches = 4, feedback = 'step', name = 'retrieval' } = given;
  const { refine, progress = coverageGain, score = 'exact', prompt = defaultPrompt } = given;
  checkCounts('retrievalEnvironment', { k, maxSearches });
  checkChoice('retrievalEnvironment: feedback', feedback, ['step', 'none']);
  if (typeof score !== 'function') {
    checkChoice('retrievalEnvironment: score', score, Object.keys(SCORES));
  }
  checkDocuments(source);
  const ids = typeof source === 'function' ? undefined : new Set(source.map(({ id }) => id));
  const retrieve = typeof source === 'function' ? source : bm25Retriever(source);
  const scoreAnswer = typeof score === 'function' ? score : SCORES[score];
  const says = (text: string): { feedback?: string } =>
    feedback === 'step' ? { feedback: text } : {};

  const search = async (
    { task, history }: State,
    query: string,
    signal: AbortSignal,
  ): Promise<StepResult> => {
    if (history.length >= maxSearches) {
      return { ...says('No search is left, and no answer was given.'), reward: 0, done: true };
    }
    const found = await retrieve(query, { k, signal });
    const documents = refine ? await refine(found, query, { task, history, signal }) : found;
    const turn = { query, documents };
    const verdict = judgeSearch(turn, history, task);
    history.push(turn);
    const left = maxSearches - history.length;
    return {
      ...says(`${verdict} ${left === 1 ? '1 search is' : `${left} searches are`} left.`),
      observation: showDocuments(documents),
      reward: await progress(history, task),
      metrics: retrievalMetrics(history, task),
      done: false,
    };
  };
  const answer = async ({ task, history }: State, said: string): Promise<StepResult> => {
    const reward = await scoreAnswer(said, task);
    return {
      ...says(judgeAnswer(reward, history, task)),
      reward,
      metrics: retrievalMetrics(history, task),
      done: true,
    };
  };
  return defineEnvironment<RetrievalTask, State>({
    name,
    maxTurns: maxSearches + 1, // the answer
    reset: (task) => {
      checkTask(task, ids);
      return { observation: prompt(task), state: { task, history: [] } };
    },
    step: async (state, action, { signal }) => {
      const read = readSearchAction(action);
      if (read === null) {
        const missed = missedAction(readTurn(action), 'you search or answer');
        return { feedback: [missed, FORMAT].filter(Boolean).join(' '), reward: 0, done: false };
      }
      return read.kind === 'search' ? search(state, read.text, signal) : answer(state, read.text);
    },
  });
}

const defaultPrompt = ({ question }: RetrievalTask): string => `${question}\n\n${FORMAT}`;

function showDocuments(documents: readonly RetrievalDocument[]): string {
  const shown = documents.map(({ title, text }, i) =>
    title === undefined ? `Doc ${i + 1}: ${text}` : `Doc ${i + 1} (${title}): ${text}`,
  );
  return `<information>\n${shown.join('\n')}\n</information>`;
}

function retrievalMetrics(
  history: readonly SearchTurn[],
  task: RetrievalTask,
): Record<string, number> {
  const share = coverage(history, task);
  return {
    'retrieval/searches': history.length,
    ...(share !== null && { 'retrieval/coverage': share }),
  };
}

function checkDocuments(source: RetrievalEnvironmentOptions['source']): void {
  if (typeof source === 'function') return;
  const bad = source?.findIndex(({ text }) => typeof text !== 'string') ?? 0;
  if (source?.length > 0 && bad < 0) return;
  throw new EfEnvError(
    'option',
    `retrievalEnvironment: source must be a retriever or documents { id, text }, got ${source?.length > 0 ? JSON.stringify(source[bad]) : 'none'}.`,
  );
}

/** @param ids - Of all documents; absent where nobody knows what can be found. */
function checkTask(task: RetrievalTask, ids: ReadonlySet<string> | undefined): void {
  const { question, answers, support = [] } = task;
  if (typeof question !== 'string' || !Array.isArray(answers) || !Array.isArray(support)) {
    throw new EfEnvError(
      'task',
      `retrievalEnvironment: a task needs question (a text) and answers (a list), support is a list of ids; got ${JSON.stringify(task)}.`,
    );
  }
  const unknown = support.find((id) => ids?.has(id) === false);
  if (unknown === undefined) return;
  throw new EfEnvError(
    'task',
    `retrievalEnvironment: support names the document '${unknown}', which is not in source: it could never be found.`,
  );
}
