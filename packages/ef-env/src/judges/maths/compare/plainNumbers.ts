const NUMBER = /^[-+−]?\d+(?:\.\d+)?$/;
/** Decimals of so many characters are equal exactly where their doubles are. */
const MAX_DIGITS = 15;
const isNumber = (text: string): boolean => text.length <= MAX_DIGITS && NUMBER.test(text);
const numberOf = (text: string): number =>
  Number(text.startsWith('−') ? `-${text.slice(1)}` : text);

/**
 * Whether two numbers written plainly are equal; `undefined` where the texts are something else, or decimals
 * that may still agree when rounded.
 */
export function plainNumbers(reference: string, answer: string): boolean | undefined {
  if (!isNumber(reference) || !isNumber(answer)) return undefined;
  if (numberOf(reference) === numberOf(answer)) return true;
  return reference.includes('.') || answer.includes('.') ? undefined : false;
}
