import type { Random } from '../../../base/random.ts';
import { between, type GymFamily, type GymItem, RIGHT, wrong } from '../core/gymFamily.ts';

export interface NumberSortingData {
  original_numbers: string[];
  direction: string;
}

function generate(random: Random, level: number): GymItem<NumberSortingData> {
  const decimals = level < 2 ? 0 : 2;
  const size = 10 ** (1 + level);
  const numbers = Array.from({ length: 4 + 3 * level }, () =>
    (between(random, -size, size) / 10 ** decimals).toFixed(decimals),
  );
  const direction = random.choice(['ascending', 'descending'] as const);
  const sign = direction === 'ascending' ? 1 : -1;
  const sorted = [...numbers].sort((a, b) => sign * (Number(a) - Number(b)));
  return {
    question: `Sort these numbers in ${direction} order: ${numbers.join(', ')}. Answer with a JSON list of strings, as in ["1", "2"].`,
    answer: JSON.stringify(sorted),
    data: { original_numbers: numbers, direction },
  };
}

/** The items of a JSON list; single quotes count as double ones. */
function readList(answer: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(answer.replaceAll("'", '"'));
    return Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Python's `float`; `null` where it throws. */
function toFloat(item: unknown): number | null {
  if (typeof item === 'number') return item;
  if (typeof item === 'boolean') return item ? 1 : 0;
  if (typeof item !== 'string') return null;
  const text = item.trim().replaceAll('_', '');
  if (/^[-+]?(?:inf|infinity)$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : null;
}

const floats = (items: readonly unknown[]): number[] | null => {
  const values = items.map(toFloat);
  return values.every((value) => value !== null) ? values : null;
};

const misplaced = (values: readonly number[], direction: string): number =>
  values.findIndex(
    (value, i) =>
      i > 0 && (direction === 'ascending' ? values[i - 1]! > value : values[i - 1]! < value),
  );

/** Sort numbers. They have to be the given ones; the reference forgives an error of 1 each. */
export const numberSorting: GymFamily<NumberSortingData> = {
  name: 'number_sorting',
  levels: 4,
  generate,
  judge: ({ data }, answer) => {
    const values = floats(readList(answer) ?? ['?']);
    if (values === null)
      return wrong('The answer is to be a JSON list of the numbers and nothing else.');
    const left = data.original_numbers.map(Number);
    for (const value of values) {
      const at = left.indexOf(value);
      if (at < 0)
        return wrong(
          `${value} is not given${data.original_numbers.map(Number).includes(value) ? ' so often' : ''}.`,
        );
      left.splice(at, 1);
    }
    if (left.length > 0) return wrong(`${left[0]} is missing.`);
    const at = misplaced(values, data.direction);
    return at < 0
      ? RIGHT
      : wrong(
          `Number ${at + 1}: ${values[at]} cannot come after ${values[at - 1]} in ${data.direction} order.`,
        );
  },
  referenceScore: ({ data, answer: oracle }, answer) => {
    const got = answer === null ? null : readList(answer);
    const want = floats(readList(oracle ?? '') ?? [null]);
    const values = got === null ? null : floats(got);
    if (values === null || want === null || values.length !== want.length) return 0;
    if (misplaced(values, data.direction) >= 0) return 0;
    return values.every((value, i) => Math.abs(value - want[i]!) <= 1) ? 1 : 0;
  },
};
