import { EfEnvError } from '../base/errors.ts';
import { utf8Length } from '../text/utf8Length.ts';
import { STOP_REASONS, type Trajectory } from './trajectory.ts';

const SPEAKERS = ['system', 'user', 'assistant', 'tool'];
const KINDS = ['prompt', 'policy', 'environment'];

type Fields = Record<string, unknown>;
/** Throws unless `ok`, naming the field, what it must be and what it is. */
type Need = (ok: boolean, path: string, is: Told) => void;
/** What a field must be, in words, and what it is. */
type Told = [must: string, got: unknown];

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isString = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0;
const isReward = (value: unknown): boolean => value === null || Number.isFinite(value);
const isNumbers = (value: unknown): value is ArrayLike<number> =>
  (Array.isArray(value) || ArrayBuffer.isView(value)) &&
  Array.prototype.every.call(value, (item) => Number.isFinite(item)); // reads typed arrays too
const isOneOf = (names: readonly string[], value: unknown): boolean =>
  names.some((name) => name === value);

/**
 * Checks that a value read from outside is a trajectory of version 1.
 *
 * @param where - Where the value came from; the message starts with it.
 * @throws {EfEnvError} `format`, naming the first field that is wrong and what it holds.
 */
export function validateTrajectory(value: unknown, where = 'validateTrajectory'): Trajectory {
  const need: Need = (ok, path, [must, got]) => {
    if (ok) return;
    throw new EfEnvError('format', `${where}: ${path} must be ${must}, got ${shown(got)}.`);
  };
  need(isFields(value), 'a trajectory', ['an object', value]);
  const { version, id, task, segments, reward, stop } = value as Fields; // checked in the line above
  need(version === 1, 'version', ['1 (this package reads version 1 only)', version]);
  need(isString(id) && id !== '', 'id', ['a non-empty string', id]);
  need(isFields(task), 'task', ['an object', task]);
  const { env, data, seed } = task as Fields; // checked in the line above
  need(isString(env), 'task.env', ['a string', env]);
  need(data !== undefined, 'task.data', ['present, null where there is none', data]);
  need(Number.isSafeInteger(seed), 'task.seed', ['an integer', seed]);
  need(isReward(reward), 'reward', ['a number or null', reward]);
  need(isOneOf(STOP_REASONS, stop), 'stop', [oneOf(STOP_REASONS), stop]);
  checkExtras(value as Fields, need);
  need(Array.isArray(segments), 'segments', ['an array', segments]);
  for (const [i, segment] of (segments as unknown[]).entries()) {
    checkSegment(segment, `segments[${i}]`, need);
  }
  return value as Trajectory; // every field was checked above
}

/** What a trajectory may have and need not. */
function checkExtras({ metrics, info, role, error }: Fields, need: Need): void {
  const numbers = isFields(metrics) && isNumbers(Object.values(metrics));
  need(metrics === undefined || numbers, 'metrics', ['an object of numbers', metrics]);
  need(info === undefined || isFields(info), 'info', ['an object', info]);
  need(role === undefined || isString(role), 'role', ['a string', role]);
  need(error === undefined || isString(error), 'error', ['a string', error]);
}

function checkSegment(segment: unknown, path: string, need: Need): void {
  need(isFields(segment), path, ['an object', segment]);
  const { speaker, kind, turn, text, reward, spans, tokens } = segment as Fields; // checked in the line above
  need(isOneOf(SPEAKERS, speaker), `${path}.speaker`, [oneOf(SPEAKERS), speaker]);
  need(isOneOf(KINDS, kind), `${path}.kind`, [oneOf(KINDS), kind]);
  need(isCount(turn), `${path}.turn`, ['an integer >= 0', turn]);
  need(isString(text), `${path}.text`, ['a string', text]);
  need(reward === undefined || isReward(reward), `${path}.reward`, ['a number or null', reward]);
  if (tokens !== undefined) checkTokens(tokens, `${path}.tokens`, need);
  if (spans === undefined) return;
  checkSpans(spans, { length: utf8Length(String(text)), path: `${path}.spans` }, need);
}

function checkTokens(tokens: unknown, path: string, need: Need): void {
  const { ids, logprobs, weightVersion }: Fields = isFields(tokens) ? tokens : {};
  need(isNumbers(ids), `${path}.ids`, ['an array of numbers', ids]);
  const isNamed = weightVersion === undefined || isString(weightVersion);
  need(isNamed, `${path}.weightVersion`, ['a string', weightVersion]);
  if (logprobs === undefined) return;
  const matches = isNumbers(logprobs) && isNumbers(ids) && logprobs.length === ids.length;
  need(matches, `${path}.logprobs`, ['one finite number per id', logprobs]);
}

function checkSpans(
  spans: unknown,
  { length, path }: { length: number; path: string },
  need: Need,
): void {
  need(Array.isArray(spans), path, ['an array', spans]);
  for (const [i, span] of (spans as unknown[]).entries()) {
    const { start, end, reward, label }: Fields = isFields(span) ? span : {};
    const inside = isCount(start) && isCount(end) && start <= end && end <= length;
    need(inside, `${path}[${i}]`, [`start <= end <= ${length}, the text's length in bytes`, span]);
    need(Number.isFinite(reward), `${path}[${i}].reward`, ['a number', reward]);
    need(label === undefined || isString(label), `${path}[${i}].label`, ['a string', label]);
  }
}

const shown = (got: unknown): string =>
  typeof got === 'number' ? `${got}` : (JSON.stringify(got)?.slice(0, 80) ?? 'nothing');

const oneOf = (names: readonly string[]): string =>
  `one of ${names.map((name) => `'${name}'`).join(', ')}`;
