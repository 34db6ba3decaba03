import type { Budget } from '../../../numbers/budget.ts';
import type { MathNode } from '../read/node.ts';

export interface CompareOptions {
  /** Decimals that must agree where a side is written as a decimal; `null` = exact. */
  precision: number | null;
  /** Accept an inequality where the reference answer is a set. */
  allowSetRelation: boolean;
  /** What the whole comparison may cost. */
  budget: Budget;
}

/** Compares two parts of answers: handed to what needs to compare recursively. */
export type Compare = (gold: MathNode, answer: MathNode) => boolean;

/** A comparison that is going on: each part reads what it needs of it. */
export interface Comparison extends CompareOptions {
  compare: Compare;
}
