import { EfEnvError } from '../errors.ts';
import { STOP_REASONS, type Trajectory } from './trajectory.ts';

const SPEAKERS = ['system', 'user', 'assistant', 'tool'];
const KINDS = ['prompt', 'policy', 'environment'];

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): boolean => typeof value === 'string';
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0; // checked to be a number
const isReward = (value: unknown): boolean => value === null || Number.isFinite(value);
const isNumbers = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => Number.isFinite(item));

/**
 * Checks that a value read from outside is a trajectory of version 1.
 *
 * @param where - Where the value came from; the message starts with it.
 * @throws {EfEnvError} `format`, naming the first field that is wrong and what it holds.
 */
export function validateTrajectory(value: unknown, where = 'validateTrajectory'): Trajectory {
  const fail = (path: string, must: string, got: unknown): never => {
    const shown = JSON.stringify(got)?.slice(0, 80) ?? 'nothing';
    throw new EfEnvError('format', `${where}: ${path} must be ${must}, got ${shown}.`);
  };
  const need = (ok: boolean, path: string, must: string, got: unknown): void => {
    if (!ok) fail(path, must, got);
  };
  if (!isFields(value)) return fail('a trajectory', 'an object', value);
  need(value.version === 1, 'version', '1 (this package reads version 1 only)', value.version);
  need(isString(value.id) && value.id !== '', 'id', 'a non-empty string', value.id);
  const task = value.task;
  if (!isFields(task)) return fail('task', 'an object', task);
  need(isString(task.env), 'task.env', 'a string', task.env);
  need('data' in task, 'task.data', 'present', task.data);
  need(Number.isFinite(task.seed), 'task.seed', 'a number', task.seed);
  need(isReward(value.reward), 'reward', 'a number or null', value.reward);
  const { stop } = value;
  need(
    STOP_REASONS.some((reason) => reason === stop),
    'stop',
    oneOf(STOP_REASONS),
    stop,
  );
  const { metrics } = value;
  if (metrics !== undefined) {
    const numbers = isFields(metrics) && isNumbers(Object.values(metrics));
    need(numbers, 'metrics', 'an object of numbers', metrics);
  }
  const { error } = value;
  need(error === undefined || isString(error), 'error', 'a string', error);
  const { segments } = value;
  if (!Array.isArray(segments)) return fail('segments', 'an array', segments);
  for (const [i, segment] of segments.entries()) checkSegment(segment, `segments[${i}]`, need);
  return value as unknown as Trajectory; // every field was checked above
}

function checkSegment(
  segment: unknown,
  path: string,
  need: (ok: boolean, path: string, must: string, got: unknown) => void,
): void {
  need(isFields(segment), path, 'an object', segment);
  const { speaker, kind, turn, text, reward, spans, tokens } = segment as Fields; // checked in the line above
  need(
    SPEAKERS.some((name) => name === speaker),
    `${path}.speaker`,
    oneOf(SPEAKERS),
    speaker,
  );
  need(
    KINDS.some((name) => name === kind),
    `${path}.kind`,
    oneOf(KINDS),
    kind,
  );
  need(isCount(turn), `${path}.turn`, 'an integer >= 0', turn);
  need(isString(text), `${path}.text`, 'a string', text);
  need(reward === undefined || isReward(reward), `${path}.reward`, 'a number or null', reward);
  if (tokens !== undefined) {
    const { ids, logprobs } = isFields(tokens) ? tokens : { ids: undefined, logprobs: undefined };
    need(isNumbers(ids), `${path}.tokens.ids`, 'an array of numbers', ids);
    const matches =
      isNumbers(logprobs) && (logprobs as unknown[]).length === (ids as unknown[]).length; // both checked to be arrays
    need(
      logprobs === undefined || matches,
      `${path}.tokens.logprobs`,
      'one number per id',
      logprobs,
    );
  }
  if (spans === undefined) return;
  need(Array.isArray(spans), `${path}.spans`, 'an array', spans);
  for (const [i, span] of (spans as unknown[]).entries()) {
    const { start, end, reward: spanReward } = isFields(span) ? span : ({} as Fields); // no field: fails below
    const ordered = isCount(start) && isCount(end) && (start as number) <= (end as number); // checked to be numbers
    need(ordered, `${path}.spans[${i}]`, 'start <= end, byte offsets', span);
    need(Number.isFinite(spanReward), `${path}.spans[${i}].reward`, 'a number', spanReward);
  }
}

const oneOf = (names: readonly string[]): string =>
  `one of ${names.map((name) => `'${name}'`).join(', ')}`;
