import { type LanguageModel, mergeLora } from '@molrl/qwen3';
import { add, mul, tidy } from '@tensorflow/tfjs-core';
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
  if (kind === 'live') return { ref: model, adapter: 'on', follow: nothing, dispose: nothing };
  if (kind === 'base') return { ref, adapter: 'off', follow: nothing, dispose: nothing };
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
  return { ref: average, adapter: 'off', follow, dispose: () => average.dispose() };
}
