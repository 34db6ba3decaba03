import { ZERO_FLOAT } from '../../../numbers/bigFloat.ts';
import { type Complex, complex, complexFromInteger } from '../../../numbers/complexFloat.ts';
import { fromDouble } from '../../../numbers/elementary.ts';

/** Sizes of the values in rounds 0 and 1, 2 and 3, 4 and 5: least, range. */
const PROBES = [
  [1, 2],
  [0.2, 0.7],
  [20, 40],
] as const;

/**
 * A value for a symbol that no formula would name, the same for the same name: of different sizes, so that
 * `|x + 10|`, `\max(x, 5)` and \arcsin x show what they are; negative in odd rounds. `whole`: a whole
 * number >= 3, for factorials.
 */
export function probeValue(name: string, round: number, whole: boolean): Complex {
  let hash = 0x811c9dc5 ^ Math.imul(round + 1, 0x9e3779b9);
  for (const unit of name) hash = Math.imul(hash ^ unit.codePointAt(0)!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97) >>> 0;
  if (whole) return complexFromInteger(3 + (hash % 17));
  const [least, range] = PROBES[round >> 1]!;
  const size = least + (hash / 2 ** 32) * range;
  return complex(fromDouble(round % 2 === 1 ? -size : size), ZERO_FLOAT);
}
