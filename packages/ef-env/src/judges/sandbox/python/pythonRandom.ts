import type { PythonBytes } from './pythonBytes.ts';

const SEED = 0x9e3779b9;

/**
 * The randomness that `os.urandom` and seeds come from, the same before every test: a program gives the same
 * result each time. A linear congruential generator (Numerical Recipes), of which the high byte is used.
 */
export function pythonRandom(memory: PythonBytes): {
  get(at: number, length: number): number;
  reset(): void;
} {
  let state = SEED;
  return {
    reset: () => {
      state = SEED;
    },
    get: (at, length) => {
      const out = memory.at(at, length);
      for (let i = 0; i < out.length; i++) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        out[i] = state >>> 24;
      }
      return 0;
    },
  };
}
