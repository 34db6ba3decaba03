import { createBudget } from '../../../numbers/budget.ts';
import type { MathNode } from './node.ts';
import { parseMath } from './parseMath.ts';

/** Reads texts as mathematics, each one once: what is tried as an answer is compared afterwards. */
export interface Reader {
  read(text: string, decimalComma: boolean): MathNode[];
  /** The readings of a text that was read before, or `undefined`. */
  known(text: string, decimalComma: boolean): MathNode[] | undefined;
}

/** What reading a candidate may cost: there may be many. */
const STEPS = 20_000;

/** Without a comma there is one way to read it. */
const keyOf = (text: string, decimalComma: boolean): string =>
  decimalComma && text.includes(',') ? `comma ${text}` : text;

/** A reader for one completion. */
export function createReader(): Reader {
  let readings: Map<string, MathNode[]> | undefined; // most completions have a box: nothing is tried
  return {
    known(text, decimalComma) {
      return readings?.get(keyOf(text, decimalComma));
    },
    read(text, decimalComma) {
      readings ??= new Map();
      const key = keyOf(text, decimalComma);
      const known = readings.get(key);
      if (known !== undefined) return known;
      const nodes = parseMath(text, createBudget(STEPS), { decimalComma });
      readings.set(key, nodes);
      return nodes;
    },
  };
}
