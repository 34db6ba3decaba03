/** Thrown inside a computation that grew too large; whoever gave the budget catches it. */
export class MathLimit extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'MathLimit';
  }
}

/** Counts elementary steps, so that hostile input ends in a known number of them. */
export interface Budget {
  /** Takes `steps` (default 1) from what is left. @throws {MathLimit} when nothing is left. */
  spend(steps?: number): void;
}

/**
 * A budget of `steps` elementary steps (a token, a node, a term, a multiplication of small numbers).
 * 60,000 of them take about 0.1 s.
 */
export function createBudget(steps: number): Budget {
  let left = steps;
  return {
    spend(n = 1) {
      left -= n;
      if (left < 0) throw new MathLimit('out of steps');
    },
  };
}

/** For what takes a known, small number of steps. */
export const FREE: Budget = { spend: () => {} };

/** The value of `compute`, or `null` where it ran into a limit, ours or the machine's (a stack, a BigInt). Other errors pass. */
export function withinLimits<T>(compute: () => T): T | null {
  try {
    return compute();
  } catch (error) {
    if (error instanceof MathLimit || error instanceof RangeError) return null;
    throw error;
  }
}
