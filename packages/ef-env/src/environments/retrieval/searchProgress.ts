import type { RetrievalDocument } from './retrievalDocument.ts';

export interface RetrievalTask {
  question: string;
  /** Accepted answers; any of them is right. */
  answers: readonly string[];
  /** Ids of the documents that prove the answer. Absent: searches are not scored. */
  support?: readonly string[] | undefined;
}

/** One search of an episode. */
export interface SearchTurn {
  query: string;
  /** What was shown. */
  documents: readonly RetrievalDocument[];
}

/** Share of the evidence that these searches show; `null` for a task without evidence. */
export function coverage(
  history: readonly SearchTurn[],
  { support = [] }: RetrievalTask,
): number | null {
  const wanted = new Set(support);
  if (wanted.size === 0) return null;
  const shown = new Set(history.flatMap(({ documents }) => documents.map(({ id }) => id)));
  return [...wanted].filter((id) => shown.has(id)).length / wanted.size;
}

/** The share of the evidence that the newest search was the first to show. */
export function coverageGain(history: readonly SearchTurn[], task: RetrievalTask): number | null {
  const now = coverage(history, task);
  const before = coverage(history.slice(0, -1), task);
  return now === null || before === null ? null : now - before;
}

/** What a search brought, without saying what is still to be found. */
export function judgeSearch(
  turn: SearchTurn,
  history: readonly SearchTurn[],
  task: RetrievalTask,
): string {
  const query = turn.query.toLowerCase();
  if (turn.documents.length === 0) return 'Nothing was found.';
  if (history.some((earlier) => earlier.query.toLowerCase() === query))
    return 'This query was asked before.';
  const seen = new Set(history.flatMap(({ documents }) => documents.map(({ id }) => id)));
  if (turn.documents.every(({ id }) => seen.has(id))) return 'Nothing new was found.';
  const now = coverage([...history, turn], task);
  if (now === null) return 'New documents were found.';
  if (now === 1) return 'All evidence is found.';
  const gained = now > (coverage(history, task) ?? 0);
  return `${gained ? 'New evidence was found.' : 'The new documents are no evidence.'} Evidence is still missing.`;
}

/** An answer judged by its reward, and whether the evidence for it was there. */
export function judgeAnswer(
  reward: number,
  history: readonly SearchTurn[],
  task: RetrievalTask,
): string {
  if (reward >= 1) return 'Right.';
  const verdict = reward > 0 ? 'Partly right.' : 'Wrong.';
  const share = coverage(history, task);
  if (share === null) return verdict;
  return share < 1
    ? `${verdict} Evidence was still missing.`
    : `${verdict} The documents found have all the evidence.`;
}
