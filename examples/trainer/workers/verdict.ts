import type { Environment, Episode, StepResult } from '@molrl/ef-env';
import { EfEnvError, type EfEnvErrorCode } from '@molrl/ef-env';
import { sha256 } from '../base/sha256.ts';

export type Opening = Awaited<ReturnType<Episode<object>['reset']>>;
export type Scores = Awaited<ReturnType<NonNullable<Environment<object>['rubric']>['score']>>;

/** What an environment or a rubric said, or how it failed: then it fails in the trainer as it would have there. */
export type Verdict<Said = Opening | StepResult | Scores> =
  | { said: Said }
  | { failed: { message: string; code?: EfEnvErrorCode | undefined } };

/** A verdict as text; numbers that JSON has not (a reward that is NaN is an error of its own) come back as they were. */
export const writeVerdict = (verdict: Verdict): string =>
  JSON.stringify(verdict, (_, value: unknown) =>
    typeof value === 'number' && !isOfJson(value) ? { [NUMBER]: numberName(value) } : value,
  );

/** @throws {EfEnvError | Error} what the environment threw. */
export function readVerdict<Said>(text: string): Said {
  const verdict = JSON.parse(text, (_, value: unknown) =>
    typeof value === 'object' && value !== null && NUMBER in value ? Number(value[NUMBER]) : value,
  ) as Verdict<Said>; // written above
  if ('said' in verdict) return verdict.said;
  const { message, code } = verdict.failed;
  throw code === undefined ? new Error(message) : new EfEnvError(code, message);
}

export const failure = (error: unknown): Verdict => ({
  failed: {
    message: error instanceof Error ? error.message : String(error),
    code: error instanceof EfEnvError ? error.code : undefined,
  },
});

/** Hash of what the policy is shown of an opening or an answer. */
export async function shownHash(said: Opening | StepResult): Promise<string> {
  const shown =
    typeof said === 'object' && 'done' in said
      ? [said.feedback ?? '', said.observation ?? '', said.done]
      : said;
  return (await sha256(new TextEncoder().encode(JSON.stringify(shown)))).slice(0, 16);
}

const NUMBER = '$number';

const isOfJson = (value: number): boolean => Number.isFinite(value) && !Object.is(value, -0);
const numberName = (value: number): string => (Object.is(value, -0) ? '-0' : String(value));
