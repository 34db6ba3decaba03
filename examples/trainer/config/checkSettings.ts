import { closest } from 'fastest-levenshtein';
import { z } from 'zod';
import { checkEnvironment, environmentsOf } from './checkEnvironment.ts';
import { withDefaults } from './defaults.ts';
import {
  ENVIRONMENTS,
  type EnvironmentName,
  type TrainerSettings,
  trainerSchema,
} from './schema.ts';

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
  checkEnvironment(result.data);
  checkFiles(result.data);
  return result.data;
}

/** What an environment reads beside `data`, and what for. */
const NEEDS: Partial<Record<EnvironmentName, ['tools' | 'documents' | 'rule', string]>> = {
  tools: ['tools', 'FILE.ts whose default export is a list of tools'],
  retrieval: ['documents', 'FILE.jsonl with `id` and `text`'],
  dialogue: ['rule', 'FILE.ts whose default export is (answer, row) => true or what is wrong'],
};

/** The columns that each environment's rows have; the others need none. */
const COLUMNS: Partial<Record<EnvironmentName, string>> = {
  prompt: 'a `prompt` in each row',
  maths: '`prompt` (or `question`, `problem`) and `answer`',
  code: '`prompt` and `tests`',
  tools: '`prompt` and `answer`',
  retrieval: '`question`, `answers` and `support`',
  dialogue: 'a `prompt` in each row',
};

/** They make worked examples of their own. */
const WITH_EXAMPLES: readonly EnvironmentName[] = ['gym', 'codewords-chat'];

/** Files that the environments and stages of a run cannot do without. */
function checkFiles(settings: TrainerSettings): void {
  const { environment, data, evalData, reward, sft, stages, lora, export: kinds } = settings;
  const need = (missing: boolean, text: string): void => {
    if (missing) throw new Error(text);
  };
  const isPlayed = stages.some((stage) => ['grpo', 'collect', 'live'].includes(stage));
  const names = environmentsOf(environment).flatMap((part) => {
    return ENVIRONMENTS.filter((name) => name === part);
  });
  for (const name of names) {
    const [columns, other] = [COLUMNS[name], NEEDS[name]];
    need(
      columns !== undefined && data === undefined && (name !== 'prompt' || isPlayed),
      `data: the environment \`${name}\` needs rows. Give --data FILE.jsonl (${columns}), or --env gym, codewords or a file of yours.`,
    );
    need(
      other !== undefined && settings[other[0]] === undefined,
      `${other?.[0]}: the environment \`${name}\` needs it. Give --${other?.[0]} ${other?.[1]}.`,
    );
    need(
      name === 'prompt' && isPlayed && reward === undefined,
      'reward: the environment `prompt` needs one. Give --reward FILE.ts whose default export is (completions, columns) => numbers.',
    );
    need(
      columns !== undefined && evalData !== undefined && data === undefined,
      'evalData: held-out rows need `data` to train on.',
    );
  }
  const isOwn = names.length === 0; // what a file of the user's holds is seen when it is read
  need(
    stages.includes('sft') &&
      sft.data === undefined &&
      data === undefined && // rows with an answer are worked examples
      !isOwn &&
      !names.some((name) => WITH_EXAMPLES.includes(name)),
    'sft.data: the stage `sft` needs rows. Give --sft.data FILE.jsonl with `messages`, or `prompt` and `completion`.',
  );
  need(
    lora === undefined && kinds?.includes('adapter') === true,
    'export: there is an adapter only with --lora. Take merged or gguf, or train one.',
  );
  const { maxStaleness, dynamicSampling } = settings.grpo;
  const { workers, rollouts, engine } = settings;
  need(
    maxStaleness > 0 && rollouts === undefined && (workers === undefined || engine !== undefined),
    'grpo.maxStaleness: this process would sample itself, so nothing can be played while it learns. Add --workers nats://HOST:PORT or --rollouts vllm=URL, or leave it 0.',
  );
  need(
    maxStaleness > 0 && dynamicSampling > 0,
    'grpo.maxStaleness: groups that are played ahead are not replaced by dynamicSampling. Leave one of the two 0.',
  );
  const { topK, topP, minP } = settings.grpo;
  need(
    rollouts?.startsWith('sglang=') === true && (topK ?? topP ?? minP) !== undefined,
    'grpo.topK: an SGLang server is not asked what it drew among. Leave topK, topP and minP out, or take --rollouts vllm=URL.',
  );
  need(
    rollouts !== undefined && topK === undefined && (topP !== undefined || minP !== undefined),
    'grpo.topK: a vLLM server tells which tokens topP and minP kept only below a topK. Add one, such as --grpo.top-k 64.',
  );
  checkEngine(settings);
  need(
    lora === undefined && rollouts !== undefined,
    'rollouts: the server is handed an adapter, and all weights are trained. Add --lora 16.',
  );
}

/** What a server of the Tinker API cannot do, and what is nearest to it. */
function checkEngine({
  eval: evaluation,
  engine,
  lora,
  optim,
  rollouts,
  stages,
  mol,
  grpo,
}: TrainerSettings): void {
  const need = (missing: boolean, text: string): void => {
    if (engine !== undefined && missing) throw new Error(text);
  };
  need(lora === undefined, 'engine: a Tinker server trains adapters. Add --lora 16.');
  need(optim !== 'adamw', `optim: a Tinker server has adamw, not ${optim}.`);
  need(rollouts !== undefined, 'engine: it samples as well. Leave `rollouts` out.');
  need(
    stages.includes('live'),
    'stages: `live` needs log-probs of teachers, which a Tinker server does not tell. Take `collect` and `mol`, or leave --engine out.',
  );
  need(
    stages.includes('mol') && mol.method === 'mol' && mol.kl === 'full',
    'mol.kl: a Tinker server tells the log-probs of the tokens alone, and `full` is over the whole vocabulary. The nearest is --mol.kl sampled; --mol.method replay needs no KL.',
  );
  need(
    grpo.generalKl > 0,
    'grpo.generalKl: it is a KL over the whole vocabulary, which a Tinker server does not tell. The nearest is `beta`, on the sampled tokens.',
  );
  need(grpo.entropyCoef !== 0, 'grpo.entropyCoef: a Tinker server tells no entropies. Leave it 0.');
  need(
    stages.includes('eval') && evaluation.temperature !== 1 && evaluation.temperature !== 0,
    `eval.temperature: a Tinker server samples here at 1 or greedily (0), not at ${evaluation.temperature}.`,
  );
  need(
    [grpo.topK, grpo.topP, grpo.minP].some((filter) => filter !== undefined),
    'grpo.topK, topP, minP: a Tinker server does not tell which tokens were kept. Leave them out.',
  );
  need(
    grpo.temperature !== 1,
    `grpo.temperature: a Tinker server tells log-probs at temperature 1, not at ${grpo.temperature}. Set it to 1.`,
  );
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
  const fix = near
    ? ` Did you mean '${closest(got.toLowerCase(), issue.values.map(String))}'?`
    : '';
  const shown = typeof got === 'number' ? String(got) : JSON.stringify(got); // NaN too
  return [`${path}: ${wantedBy(issue)}, got ${shown}.${fix}`];
}

/** What the setting must be: its own words, and ours for groups and lists. */
function wantedBy(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message;
  if (issue.expected === 'object')
    return `must be an object of settings (${namesAt(issue.path).join(', ')})`;
  return issue.expected === 'array' ? 'must be a list' : issue.message;
}

function namesAt(path: readonly PropertyKey[]): string[] {
  let type: z.ZodType = trainerSchema;
  for (const key of path) {
    // zod walked the same path
    type =
      type instanceof z.ZodArray ? (type.element as z.ZodType) : inner(type).shape[String(key)]!;
  }
  return Object.keys(inner(type).shape);
}

function inner(type: z.ZodType): z.ZodObject<Record<string, z.ZodType>> {
  const bare = type instanceof z.ZodOptional ? type.unwrap() : type;
  return bare as z.ZodObject<Record<string, z.ZodType>>; // groups of settings only
}
