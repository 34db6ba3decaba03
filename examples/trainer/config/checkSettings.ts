import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { withDefaults } from './defaults.ts';
import { ENVIRONMENTS, type TrainerSettings, trainerSchema } from './schema.ts';

/**
 * Fills in the defaults and checks every setting.
 *
 * @throws {Error} One line for each wrong setting: its path, what it must be, what came, and the nearest name of an unknown one.
 */
export function checkSettings(given: object, { quick = false } = {}): TrainerSettings {
  const value = withDefaults(shorthand(given), quick);
  const result = trainerSchema.safeParse(value);
  if (!result.success) {
    throw new Error(result.error.issues.flatMap((issue) => sentences(issue, value)).join('\n'));
  }
  const { environment, data, evalData, reward, sft, stages, lora, export: kinds } = result.data;
  const need = (missing: boolean, text: string): void => {
    if (missing) throw new Error(text);
  };
  if (environment === 'prompt' && stages.some((stage) => stage === 'grpo' || stage === 'collect')) {
    need(
      data === undefined,
      'data: the environment `prompt` needs rows. Give --data FILE.jsonl (a `prompt` in each row), or --env gym, codewords or a file of yours.',
    );
    need(
      reward === undefined,
      'reward: the environment `prompt` needs one. Give --reward FILE.ts whose default export is (completions, columns) => numbers.',
    );
  }
  need(
    environment === 'maths' && data === undefined,
    'data: the environment `maths` needs rows. Give --data FILE.jsonl with `prompt` (or `question`, `problem`) and `answer`.',
  );
  need(
    evalData !== undefined &&
      data === undefined &&
      (environment === 'prompt' || environment === 'maths'),
    'evalData: held-out rows need `data` to train on.',
  );
  const named = ENVIRONMENTS.some((name) => name === environment);
  const ownRows = environment === 'prompt' ? data !== undefined : !named; // what they hold is seen when they are read
  need(
    stages.includes('sft') && sft.data === undefined && !ownRows,
    'sft.data: the stage `sft` needs rows. Give --sft.data FILE.jsonl with `messages`, or `prompt` and `completion`.',
  );
  need(
    lora === undefined && kinds?.includes('adapter') === true,
    'export: there is an adapter only with --lora. Take merged or gguf, or train one.',
  );
  return result.data;
}

/** `lora: 16` is `lora: { r: 16 }`. */
export function shorthand(given: object): object {
  const { lora, ...rest } = given as { lora?: unknown };
  return lora === undefined
    ? rest
    : { ...rest, lora: typeof lora === 'number' ? { r: lora } : lora };
}

function sentences(issue: z.core.$ZodIssue, value: unknown): string[] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const known = namesAt(issue.path);
    return issue.keys.map((key) => {
      const name = path === '' ? key : `${path}.${key}`;
      return `${name}: there is no such setting. Did you mean '${closest(key, known)}'? Known here: ${known.join(', ')}.`;
    });
  }
  const got = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown>)?.[key],
    value,
  );
  const near = typeof got === 'string' && issue.code === 'invalid_value';
  const fix = near ? ` Did you mean '${closest(got, issue.values.map(String))}'?` : '';
  return [`${path}: ${issue.message}, got ${JSON.stringify(got)}.${fix}`];
}

function namesAt(path: readonly PropertyKey[]): string[] {
  let type: z.ZodType = trainerSchema;
  for (const key of path) type = inner(type).shape[String(key)]!; // zod walked the same path
  return Object.keys(inner(type).shape);
}

function inner(type: z.ZodType): z.ZodObject<Record<string, z.ZodType>> {
  const bare = type instanceof z.ZodOptional ? type.unwrap() : type;
  return bare as z.ZodObject<Record<string, z.ZodType>>; // groups of settings only
}
