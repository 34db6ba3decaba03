import { createBudget } from './budget.ts';
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

/** A reader for one completion. */
export function createReader(): Reader {
  const readings = [new Map<string, MathNode[]>(), new Map<string, MathNode[]>()] as const;
  const of = (text: string, decimalComma: boolean): Map<string, MathNode[]> =>
    readings[decimalComma && text.includes(',') ? 1 : 0]; // without a comma there is one way to read it
  return {
    known: (text, decimalComma) => of(text, decimalComma).get(text),
    read(text, decimalComma) {
      const known = of(text, decimalComma).get(text);
      if (known !== undefined) return known;
      const nodes = parseMath(text, createBudget(STEPS), { decimalComma });
      of(text, decimalComma).set(text, nodes);
      return nodes;
    },
  };
}
