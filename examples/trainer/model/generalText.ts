import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mixSeeds } from '@molrl/ef-env';
import { generate, type Tokenizer } from '@molrl/qwen3';
import { exists } from '../base/exists.ts';
import type { TrainerSettings } from '../config/schema.ts';
import { replaceFile } from '../harness/replaceFile.ts';
import type { GeneralText } from '../harness/run.ts';
import type { Learner } from '../method/learner.ts';

/** Of the base's own text: samples at once, tokens of each at most, tokens in all that are enough, and tries at most. */
const [SAMPLES, LENGTH, ENOUGH, ROUNDS] = [64, 128, 8192, 16];
/** Fewest tokens that can be held out. */
const LEAST = 256;

/**
 * Text for the KL to the base and for measuring what was forgotten, as tokens: the shipped excerpt, a file of the user's, or
 * with `base` what the base model says of its own accord. Of the latter two the last tenth is held out.
 *
 * @param out - Folder of the run, which keeps the base's text for a resume.
 */
export async function readGeneralText(
  settings: Pick<TrainerSettings, 'generalText' | 'seed'> & {
    eval: Pick<TrainerSettings['eval'], 'split'>;
  },
  learner: Pick<Learner, 'model' | 'tokenizer'>,
  out: string,
): Promise<GeneralText> {
  const text = await readWhole(settings, learner, out);
  const { split } = settings.eval;
  return split === undefined ? text : { ...text, heldOut: heldOutHalf(text, split) };
}

async function readWhole(
  { generalText, seed }: Pick<TrainerSettings, 'generalText' | 'seed'>,
  learner: Pick<Learner, 'model' | 'tokenizer'>,
  out: string,
): Promise<GeneralText> {
  const encode = (text: string): number[] => learner.tokenizer.encode(text);
  if (generalText === undefined) return readShippedText(learner.tokenizer);
  const isBase = generalText === 'base';
  const ids = isBase
    ? await textOfBase(learner, seed, out)
    : encode(await readFile(generalText, 'utf8'));
  const cut = Math.floor(ids.length * 0.9);
  if (ids.length - cut < LEAST) {
    const fix = isBase ? 'Its samples end at once: give a text file.' : 'Give a longer text.';
    throw new Error(
      `generalText: ${generalText} has ${ids.length} tokens, and at least ${10 * LEAST} are needed: a tenth is held out. ${fix}`,
    );
  }
  return { train: ids.slice(0, cut), heldOut: ids.slice(cut) };
}

/** The half of the held-out text that is measured on. */
export function heldOutHalf(
  { heldOut }: Pick<GeneralText, 'heldOut'>,
  split: 'validation' | 'test',
): readonly number[] {
  const half = heldOut.length >> 1;
  return split === 'validation' ? heldOut.slice(0, half) : heldOut.slice(half);
}

/** The excerpt that ships with the main job. */
export async function readShippedText(tokenizer: Tokenizer): Promise<GeneralText> {
  const read = async (name: string): Promise<number[]> => {
    const file = new URL(`../../mol-rl/text/${name}.txt`, import.meta.url);
    return tokenizer.encode(await readFile(file, 'utf8'));
  };
  return { train: await read('train'), heldOut: await read('heldOut') };
}

/** What the untrained model says where nobody asked anything, at temperature 1: the text whose probabilities it should keep. */
async function textOfBase(
  { model, tokenizer }: Pick<Learner, 'model' | 'tokenizer'>,
  seed: number,
  out: string,
): Promise<number[]> {
  const file = join(out, 'general-text.json');
  if (await exists(file)) return JSON.parse(await readFile(file, 'utf8')) as number[]; // written below
  const { bosTokenId, eosTokenId } = model.config;
  const first = bosTokenId ?? (Array.isArray(eosTokenId) ? eosTokenId[0] : eosTokenId);
  if (first === null || first === undefined) {
    throw new Error(
      'generalText: the model has neither a first nor a last token to begin its own text with. Give a text file instead of base.',
    );
  }
  const ids: number[] = [];
  for (let round = 0; round < ROUNDS && ids.length < ENOUGH; round++) {
    const completions = await generate(model, [[first]], {
      ...{ numGenerations: SAMPLES, maxTokens: LENGTH, temperature: 1 },
      seed: mixSeeds(seed, 'general text', round),
      suppressTokens: tokenizer.missingIds ?? [],
    });
    for (const completion of completions) ids.push(...completion.ids);
  }
  await replaceFile(file, JSON.stringify(ids));
  return ids;
}
