import type { ComputeEngine, Expression, MathJsonExpression } from '@cortex-js/compute-engine';
import { EfEnvError } from '../../../base/errors.ts';
import { missingPeer } from '../../../base/missingPeer.ts';
import { readOptions } from '../../../base/readOptions.ts';

export interface ComputeEngineEqualOptions {
  /** Milliseconds before the answer counts as not equal. Default 2,000: the first comparison compiles the engine. */
  timeout?: number | undefined;
}

/** Longer texts are not compared: its parser takes seconds for nested brackets. */
const MAX_LENGTH = 1000;
/** Larger numbers would be written out in one operation, which no time limit interrupts. */
const MAX_BITS = 20_000;

/**
 * Whether two LaTeX expressions are equal by Cortex' Compute Engine, which also knows integrals, derivatives and
 * symbolic sums: for what `mathEqual` leaves open. Answers with words of four letters and more are not compared,
 * since it would multiply their letters.
 *
 * A time limit of the engine ends the computation; powers too large for that are refused before. Needs the optional
 * peer `@cortex-js/compute-engine`, which asks for Node >= 22.3 (0.140 works on Node 20.20 too).
 *
 * @throws {EfEnvError} `missing-peer`; `platform` where the package cannot be loaded; `option` for an unknown option.
 *
 * @example
 * await computeEngineEqual('\\frac{x^2}{2}', '\\int x\\,dx'); // true
 * await computeEngineEqual('3x^2', '\\frac{d}{dx} x^3'); // true
 *
 * @see https://cortexjs.io/compute-engine/
 */
export async function computeEngineEqual(
  gold: string,
  answer: string,
  options: ComputeEngineEqualOptions = {},
): Promise<boolean> {
  const { timeout = 2000 } = readOptions('computeEngineEqual', options, { timeout: 'optional' });
  const { ComputeEngine } = await loadEngine();
  if (![gold, answer].every(isReadable)) return false;
  const engine = new ComputeEngine(); // a fresh one: it remembers the types of the symbols it meets
  try {
    return engine.withTimeLimit(timeout, () => areEqual(engine, gold, answer));
  } catch {
    return false; // out of time, out of stack, or no mathematics
  }
}

async function loadEngine(): Promise<typeof import('@cortex-js/compute-engine')> {
  try {
    return await import('@cortex-js/compute-engine');
  } catch (error) {
    const fault = missingPeer(error, '@cortex-js/compute-engine', 'computeEngineEqual');
    if (fault instanceof EfEnvError) throw fault;
    throw new EfEnvError(
      'platform',
      `computeEngineEqual: @cortex-js/compute-engine cannot be loaded here (${error}). It asks for Node >= 22.3.`,
    );
  }
}

const isReadable = (text: string): boolean =>
  text.trim() !== '' &&
  text.length <= MAX_LENGTH &&
  !/\p{L}{4}/u.test(text.replace(/\\[a-zA-Z]+/g, ' '));

function areEqual(engine: ComputeEngine, gold: string, answer: string): boolean {
  const tooLarge = (text: string): boolean =>
    bitsOf(engine.parse(text, { form: 'raw' }).json) > MAX_BITS;
  if (tooLarge(gold) || tooLarge(answer)) return false;
  const [a, b] = [engine.parse(gold), engine.parse(answer)];
  if (!a.isValid || !b.isValid) return false;
  if (a.isSame(b) || a.isEqual(b) === true || a.isIdenticallyEqual(b) === true) return true;
  // its simplification finds some zeros in one order only
  const vanishes = (x: Expression, y: Expression): boolean =>
    engine.box(['Subtract', x, y]).simplify().evaluate().isSame(0);
  return vanishes(a, b) || vanishes(b, a);
}

/** Bits the numbers of an expression have when they are written out, from above; symbols have none. */
function bitsOf(json: MathJsonExpression): number {
  if (typeof json === 'number') return Math.log2(Math.abs(json) + 1);
  if (typeof json === 'object' && 'num' in json) {
    const [digits = '', exponent = '0'] = json.num.split(/e/i);
    return (digits.length + Math.abs(Number(exponent))) * Math.log2(10);
  }
  if (!Array.isArray(json)) return 0;
  const [name, ...operands] = json;
  const bits = operands.map(bitsOf);
  if (name === 'Power') return (bits[0] ?? 0) * 2 ** (bits[1] ?? 0);
  return bits.reduce((sum, each) => sum + each, 1);
}
