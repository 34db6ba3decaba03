/**
 * JSON for a configuration file. Whole numbers of the keys in `floats` get a point (`1.0`): transformers 5 refuses
 * an integer where it expects a float, and JavaScript cannot tell them apart.
 */
export function jsonText(value: object, floats: readonly string[]): string {
  const text = JSON.stringify(value, null, 2);
  const whole = new RegExp(`^(\\s*"(?:${floats.join('|')})": -?\\d+)(,?)$`, 'gm');
  return `${text.replace(whole, '$1.0$2')}\n`;
}
