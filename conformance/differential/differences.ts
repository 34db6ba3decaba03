import { flat, type Golden } from '../lossesSuite.ts';

/** Numbers by name; `metrics` one level deeper. */
export type Answer = Record<string, Golden>;

/** A random input: as the peer gets it, and what our packages make of it. */
export interface DifferentialCase {
  readonly question: Record<string, Golden>;
  ours(): Answer;
}

/** A difference that is meant: which values of which cases, and why. */
export interface Exemption {
  /** Keys of the answer, `metrics.x` for a metric. */
  readonly keys: RegExp;
  when(question: Record<string, Golden>): boolean;
  readonly reason: string;
}

/** Differences of one case: a line per value, and those that an exemption explains, by its reason. */
export interface CaseDifferences {
  readonly faults: string[];
  readonly exempt: string[];
}

/** Compares every value that the peer has; ours may have more. */
export function differences(
  { question, ours }: DifferentialCase,
  peer: Answer,
  exemptions: readonly Exemption[],
  tolerance: (key: string) => number,
): CaseDifferences {
  const faults: string[] = [];
  const exempt: string[] = [];
  const got = flatten(ours());
  for (const [key, want] of Object.entries(flatten(peer))) {
    const fault = key in got ? mismatch(got[key], want, tolerance(key)) : 'is missing here';
    if (fault === undefined) continue;
    const known = exemptions.find(({ keys, when }) => keys.test(key) && when(question));
    if (known) exempt.push(known.reason);
    else faults.push(`${key} ${fault}`);
  }
  return { faults, exempt };
}

const flatten = ({ metrics = {}, ...answer }: Answer): Answer => ({
  ...answer,
  ...Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [`metrics.${name}`, value as Golden]),
  ),
});

/** Absolute below 1, relative above. */
function mismatch(actual: Golden, expected: Golden, tolerance: number): string | undefined {
  const [got, want] = [flat(actual), flat(expected)];
  if (got.length !== want.length) return `has ${got.length} values, the peer's has ${want.length}`;
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue;
    if (Math.abs(got[i]! - want[i]!) <= tolerance * Math.max(1, Math.abs(want[i]!))) continue;
    return `[${i}] is ${got[i]}, the peer's ${want[i]}`;
  }
  return undefined;
}
