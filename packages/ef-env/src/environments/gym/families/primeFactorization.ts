import { primeFactors } from '../../../numbers/primeFactors.ts';
import { between, type GymFamily, RIGHT, wrong } from '../core/gymFamily.ts';

export interface PrimeFactorizationData {
  number: number;
}

/** Python's `int`; `null` where it throws. */
const toInteger = (text: string): bigint | null =>
  /^[-+]?\d+(?:_\d+)*$/.test(text) ? BigInt(text.replaceAll('_', '').replace('+', '')) : null;
const product = (factors: readonly bigint[]): bigint => factors.reduce((a, b) => a * b, 1n);
const sorted = (factors: readonly bigint[]): string =>
  [...factors].sort((a, b) => Number(a - b)).join();

/** Numbers, or `null` where one of the texts is none. */
function integersOf(parts: readonly string[]): bigint[] | null {
  const factors = parts.map(toInteger);
  return factors.every((factor) => factor !== null) ? factors : null;
}

/** The factors as the reference reads them: separated by ×, of which any number may stand in a row. `null` where it throws. */
const referenceFactors = (answer: string): bigint[] | null =>
  integersOf(
    answer
      .split('×')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

/** One sign between two numbers each: `3 ** 13` is a power, and none of them begins or ends the answer. */
const factorsOf = (answer: string): bigint[] | null =>
  integersOf(answer.split(/[×*x·⋅]/).map((part) => part.trim()));

const isPrime = (n: bigint): boolean => n > 1n && primeFactors(n).get(n) === 1n;

/** Write a number as a product of primes. `4 × 149` earns nothing (0.5 in the reference). */
export const primeFactorization: GymFamily<PrimeFactorizationData> = {
  name: 'prime_factorization',
  levels: 4,
  generate: (random, level) => {
    const number = between(random, 4, [50, 500, 5000, 50_000][level]!);
    const factors = [...primeFactors(BigInt(number))].flatMap(([p, count]) =>
      Array<bigint>(Number(count)).fill(p),
    );
    return {
      question: `Write ${number} as a product of primes. Answer with the primes separated by ×, as in 2 × 2 × 3.`,
      answer: factors.join(' × '),
      data: { number },
    };
  },
  judge: ({ data }, answer) => {
    const factors = factorsOf(answer);
    if (factors === null)
      return wrong('The answer is to be numbers separated by × and nothing else.');
    const composite = factors.find((factor) => !isPrime(factor));
    if (composite !== undefined) return wrong(`${composite} is not prime.`);
    const value = product(factors);
    return value === BigInt(data.number)
      ? RIGHT
      : wrong(`The product of these primes is ${value}, not ${data.number}.`);
  },
  referenceScore: ({ answer: oracle }, answer) => {
    if (answer === null) return 0;
    const [want, got] = [referenceFactors(oracle ?? ''), referenceFactors(answer)];
    if (want === null || got === null) return null;
    if (sorted(want) === sorted(got)) return 1;
    return product(want) === product(got) ? 0.5 : 0.01;
  },
};
