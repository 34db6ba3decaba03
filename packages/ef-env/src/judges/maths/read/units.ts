import { ONE, type Rational, rational } from '../../../numbers/rational.ts';

/** A unit as a multiple of the base unit of what it measures. */
export interface Unit {
  readonly measures: string;
  readonly factor: Rational;
}

/** measure -> spelling list -> [numerator, denominator] of the base unit */
const TABLE: Record<string, [names: string, numerator: number, denominator: number][]> = {
  length: [
    ['mm millimeter millimeters millimetre millimetres', 1, 1000],
    ['cm centimeter centimeters centimetre centimetres', 1, 100],
    ['m meter meters metre metres', 1, 1],
    ['km kilometer kilometers kilometre kilometres', 1000, 1],
    ['in inch inches', 254, 10000],
    ['ft foot feet', 3048, 10000],
    ['yd yard yards', 9144, 10000],
    ['mi mile miles', 1609344, 1000],
  ],
  mass: [
    ['mg milligram milligrams', 1, 1000],
    ['g gram grams', 1, 1],
    ['kg kilogram kilograms kilo kilos', 1000, 1],
    ['oz ounce ounces', 28349523125, 1000000000],
    ['lb lbs pound pounds', 45359237, 100000],
  ],
  time: [
    ['ms millisecond milliseconds', 1, 1000],
    ['s sec secs second seconds', 1, 1],
    ['min mins minute minutes', 60, 1],
    ['h hr hrs hour hours', 3600, 1],
    ['day days', 86400, 1],
    ['week weeks', 604800, 1],
  ],
  volume: [
    ['ml mL milliliter milliliters', 1, 1000],
    ['l L liter liters litre litres', 1, 1],
  ],
  morning: [['am a.m', 1, 1]],
  afternoon: [['pm p.m', 1, 1]],
  celsius: [['celsius', 1, 1]],
  fahrenheit: [['fahrenheit', 1, 1]],
  money: [
    ['dollar dollars usd', 1, 1],
    ['cent cents', 1, 100],
  ],
};

/** Words that may follow a number without changing it: they name what is counted. */
const COUNTED =
  'dozen units unit square cubic sq cu per hundred thousand million billion trillion year years month months yuan euro euros rupees people students ways points times items books apples mph kmh rpm joules joule newtons newton watts watt volts volt amps kelvin radians radian rad dm nm km hm µm kWh Wh kW MW mW kN MPa kPa Pa kV mV mA kJ MJ eV keV MeV mol Hz kHz MHz GHz cal kcal ha acre acres gal gallon gallons';

function unitTable(): Map<string, Unit> {
  const units = new Map<string, Unit>();
  for (const [measures, rows] of Object.entries(TABLE)) {
    for (const [names, numerator, denominator] of rows) {
      for (const name of names.split(' ')) {
        units.set(name, { measures, factor: rational(numerator, denominator) });
      }
    }
  }
  return units;
}
const UNITS: ReadonlyMap<string, Unit> = /* @__PURE__ */ unitTable();
const KNOWN: ReadonlySet<string> = /* @__PURE__ */ (() =>
  new Set([...UNITS.keys(), ...COUNTED.split(' ')]))();

/** Symbols of one letter: a unit where `\\text` writes them after a number, a letter elsewhere. */
const SYMBOLS = /* @__PURE__ */ new Set(/* @__PURE__ */ 'AcCFgGhHJKlLmMNPQsTVW\u03a9');

/** Whether a letter is the symbol of a unit. */
export const isUnitSymbol = (letter: string): boolean => SYMBOLS.has(letter);

/** Whether a run of letters is the name of a unit, or a word that counts things. */
export const knownUnit = (word: string): boolean =>
  KNOWN.has(word) || KNOWN.has(word.toLowerCase());

/**
 * The unit that a piece of text names, or `null` when it is no unit that can be converted
 * (`cm^2`, `units`, `apples`, `miles per hour`): such a text is not compared.
 */
export function unitOf(text: string): Unit | null {
  const word = text.trim().replace(/\.$/, '');
  return UNITS.get(word) ?? UNITS.get(word.toLowerCase()) ?? null;
}

/** How many `b` one `a` is: 1 if either is unknown, `null` if they measure different things. */
export function unitRatio(a: string, b: string): Rational | null {
  const [left, right] = [unitOf(a), unitOf(b)];
  if (left === null || right === null) return ONE;
  if (left.measures !== right.measures) return null;
  return rational(
    left.factor.numerator * right.factor.denominator,
    left.factor.denominator * right.factor.numerator,
  );
}

/** `6 m/s^2`, `6 kg·m/s²`, `6 cm2`: units with powers, multiplied and divided. */
const PHRASE =
  /^([-+\u2212]?\d[\d.,]*)\s+((?:[A-Za-z\u03a9]+(?:\^?\{?[-\u207b]?[23\u00b2\u00b3]\}?[/*\u00b7]?|[/*\u00b7]|$))+)$/u;

/** A number with a unit of several parts in plain text, the unit as `\\text`; any other text as it is. */
export function unitsAsText(text: string): string {
  if (!/[\d.,]\s/.test(text)) return text;
  const [, number, phrase] = PHRASE.exec(text) ?? [];
  if (number === undefined || phrase === undefined || !/[^A-Za-z]/.test(phrase)) return text;
  const names = phrase.match(/[A-Za-z\u03a9]+/g) ?? [];
  return names.every((name) => knownUnit(name) || isUnitSymbol(name))
    ? `${number}\\text{ ${phrase}}`
    : text;
}
