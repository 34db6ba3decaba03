import type { Random } from '../../../base/random.ts';

/** One question of a family with what is needed to judge an answer. */
export interface GymItem<D> {
  question: string;
  /** One right answer; `null` where many are right and none is stored. */
  answer: string | null;
  /** The puzzle itself, in the layout of the reference's metadata. */
  data: D;
}

/** What a judge says about an answer. */
export interface GymVerdict {
  /** 1 = right; partly right only where the family says so. */
  score: number;
  /** The first mistake and why it is one, without the answer; `null` = none. */
  mistake: string | null;
}

/** What scorers may know besides the task. */
export interface GymReferenceContext {
  /** puzzle24: the range of the data set. Default 1 to 10. */
  minValue?: number | undefined;
  maxValue?: number | undefined;
  /** word_ladder, where the task lists no words: whether a word exists. Default: every word does. */
  isWord?: ((word: string) => boolean) | undefined;
}

/** A family of procedural tasks. */
export interface GymFamily<D> {
  readonly name: string;
  /** Difficulties `0 .. levels - 1`. */
  readonly levels: number;
  /** A task of a difficulty. The same stream gives the same task. */
  generate(random: Random, level: number): GymItem<D>;
  /** Strict: only a right answer scores, and its mistakes are named. */
  judge(item: GymItem<D>, answer: string, context: GymReferenceContext): GymVerdict;
  /** The score that reasoning-gym 0.1.25 gives, its faults included; `null` where it throws. */
  referenceScore(
    item: GymItem<D>,
    answer: string | null,
    context: GymReferenceContext,
  ): number | null;
}

export const RIGHT: GymVerdict = { score: 1, mistake: null };
export const wrong = (mistake: string): GymVerdict => ({ score: 0, mistake });

/** An integer from `low` to `high`, both included. */
export const between = (random: Random, low: number, high: number): number =>
  low + random.integer(high - low + 1);
