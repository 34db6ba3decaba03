import type { Random } from '@molrl/ef-env';

/** A random answer with its value and the ways in which people and models write it. */
export interface RandomAnswer {
  value: number;
  spellings: string[];
  /** Numbers that stand in it and are not its value: none of them may be read as the answer. */
  pieces: number[];
}

/** The same expression as LaTeX, plain text and Unicode. */
interface Written {
  value: number;
  latex: string;
  plain: string;
  unicode: string;
  atom: boolean;
  numbers: number[];
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const raised = (n: number): string =>
  [...`${n}`].map((digit) => SUPERSCRIPTS[Number(digit)]!).join('');
const between = (random: Random, low: number, high: number): number =>
  low + random.integer(high - low + 1);

const atom = (value: number, latex: string, plain = latex, unicode = plain): Written => ({
  value, latex, plain, unicode, atom: true, numbers: [value],
}); // biome-ignore format: one line per field says less

const grouped = (n: number, separator: string): string =>
  `${n}`.replace(/\B(?=(\d{3})+$)/g, separator);

/** The smallest expressions. */
const LEAVES: ((random: Random) => Written)[] = [
  function integer(random) {
    const n = between(random, 1, 99);
    return atom(n, `${n}`);
  },
  function root(random) {
    const n = random.choice([2, 3, 5, 6, 7, 10, 11, 13]);
    return { ...atom(Math.sqrt(n), `\\sqrt{${n}}`, `sqrt(${n})`, `√${n}`), numbers: [n] };
  },
  function circle(random) {
    const n = between(random, 2, 30);
    return { ...atom(n * Math.PI, `${n}\\pi`, `${n}*pi`, `${n}π`), atom: false, numbers: [n] };
  },
  function power(random) {
    const [base, exponent] = [between(random, 2, 9), between(random, 2, 4)];
    return { value: base ** exponent, latex: `${base}^{${exponent}}`, plain: `${base}**${exponent}`, unicode: `${base}${raised(exponent)}`, atom: false, numbers: [base, exponent] }; // biome-ignore format: as above
  },
  function fraction(random) {
    const [a, b] = [between(random, 1, 40), between(random, 2, 40)];
    return { value: a / b, latex: `\\frac{${a}}{${b}}`, plain: `${a}/${b}`, unicode: `${a}⁄${b}`, atom: false, numbers: [a, b] }; // biome-ignore format: as above
  },
];
/** In brackets, unless it is an atom. */
const wrapped = (part: Written): Written =>
  part.atom
    ? part
    : {
        ...part,
        latex: `\\left(${part.latex}\\right)`,
        plain: `(${part.plain})`,
        unicode: `(${part.unicode})`,
      };

function joined(a: Written, b: Written, signs: [string, string, string], value: number): Written {
  const [left, right] = [wrapped(a), wrapped(b)];
  return {
    value,
    latex: `${left.latex} ${signs[0]} ${right.latex}`,
    plain: `${left.plain} ${signs[1]} ${right.plain}`,
    unicode: `${left.unicode} ${signs[2]} ${right.unicode}`,
    atom: false,
    numbers: [...a.numbers, ...b.numbers],
  };
}

function expression(random: Random, depth: number): Written {
  if (depth === 0 || random.integer(4) === 0) return random.choice(LEAVES)(random);
  const [a, b] = [expression(random, depth - 1), expression(random, depth - 1)];
  switch (random.integer(4)) {
    case 0:
      return joined(a, b, ['+', '+', '+'], a.value + b.value);
    case 1:
      return joined(a, b, ['-', '-', '−'], a.value - b.value);
    case 2:
      return joined(a, b, ['\\cdot', '*', '×'], a.value * b.value);
    default:
      return joined(a, b, ['/', '/', '÷'], a.value / b.value);
  }
}

/** A number in the notations of prose: thousands, mixed numbers, powers of ten, millions, signs, units. */
const NOTATIONS: ((random: Random) => { value: number; spellings: string[]; pieces: number[] })[] = [
  (random) => {
    const n = between(random, 1_000_000, 99_999_999);
    return { value: n, spellings: [`${n}`, ...[',', ' ', '\u00a0', '\u202f', "'", '.'].map((s) => grouped(n, s))], pieces: [n % 1000] };
  },
  (random) => {
    const [whole, b] = [between(random, 1, 30), between(random, 3, 20)];
    const a = between(random, 1, b - 1);
    return { value: whole + a / b, spellings: [`${whole} ${a}/${b}`, `${whole}\\frac{${a}}{${b}}`, `\\frac{${whole * b + a}}{${b}}`], pieces: [whole, b, a, a / b] };
  },
  (random) => {
    const [digits, exponent] = [between(random, 11, 99), between(random, 3, 8)];
    const m = digits / 10;
    return { value: digits * 10 ** (exponent - 1), spellings: [`${m} × 10^${exponent}`, `${m}\\times 10^{${exponent}}`, `${m}e${exponent}`, `${m}·10${raised(exponent)}`, `${m}*10**${exponent}`], pieces: [m, 10, exponent] };
  },
  (random) => {
    const n = between(random, 11, 99) / 10;
    return { value: Math.round(n * 1e6), spellings: [`${n} million`, `${n}\\text{ million}`], pieces: [n] };
  },
  (random) => {
    const n = between(random, 1, 999);
    return { value: -n, spellings: [`-${n}`, `−${n}`, `‑${n}`], pieces: [n] };
  },
  (random) => {
    const n = between(random, 7, 99);
    return { value: n, spellings: ['cm^2', 'cm²', 'm/s^2', 'm2', 'km/h', 'g/cm^3', 'kg·m/s²'].map((unit) => `${n} ${unit}`), pieces: [2, 3] };
  },
]; // biome-ignore format: a table

/** A random answer: an expression of up to two operations' depth, or a number in one of the notations of prose. */
export function randomAnswer(random: Random): RandomAnswer {
  if (random.integer(3) === 0) return random.choice(NOTATIONS)(random);
  const { value, latex, plain, unicode, numbers } = expression(random, 2);
  return { value, spellings: [latex, plain, unicode], pieces: numbers };
}
