import { type LanguageModel, mergeLora } from '@molrl/qwen3';
import { add, mul, tidy, type Variable } from '@tensorflow/tfjs-core';
import type { Learner } from '../learner.ts';

/** The weights that judge: those of the student now, the frozen base, or an average of what the student was. */
export type TeacherKind = 'live' | 'base' | { emaRate: number };

/** A model that reads more than the student, and gets no gradient. */
export interface Teacher {
  ref: LanguageModel;
  /** Whether a `ref` that is the student itself keeps its adapter on. */
  adapter: 'on' | 'off';
  /** Call after each optimiser step. */
  follow(): void;
  /** What it remembers, for `Stage`: a stopped run goes on with the same average. */
  memory: Record<string, Variable>;
  dispose(): void;
}

const nothing = (): void => {};

/**
 * A teacher. With `emaRate` it is a copy of the student that follows it after every step:
 *
 *     teacher <- (1 - rate) teacher + rate student
 *
 * on the **merged** weights: the average of W + s B A is not W + s (average of B)(average of A).
 */
export function openTeacher(
  kind: TeacherKind,
  { model, ref }: Pick<Learner, 'model' | 'ref'>,
): Teacher {
  const fixed = { follow: nothing, memory: {}, dispose: nothing };
  if (kind === 'live') return { ...fixed, ref: model, adapter: 'on' };
  if (kind === 'base') return { ...fixed, ref, adapter: 'off' };
  const { emaRate } = kind;
  const average = mergeLora(model);
  const follow = (): void => {
    const now = model.adapter ? mergeLora(model) : model;
    const weights = now.trainable();
    for (const [name, own] of Object.entries(average.trainable())) {
      const student = weights[name]!; // the same architecture
      tidy(() => own.assign(add(mul(own, 1 - emaRate), mul(student, emaRate))));
    }
    if (now !== model) now.dispose();
  };
  const memory = Object.fromEntries(
    Object.entries(average.trainable()).map(([name, own]) => [`teacher.${name}`, own]),
  );
  return { ref: average, adapter: 'off', follow, memory, dispose: () => average.dispose() };
}
