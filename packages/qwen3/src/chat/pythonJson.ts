import { Qwen3Error } from '../base/errors.ts';
import { showValue } from '../base/showValue.ts';

/** Deeper values are refused: the model could not close that many brackets either. */
const MOST_DEEP = 500;

/**
 * JSON as Python's `json.dumps(value, ensure_ascii=False)` prints it, which the chat template was trained
 * with: `", "` and `": "` between items, keys in the given order.
 *
 * Numbers print as JavaScript's: 1.0 becomes 1, which Python would keep.
 *
 * @param where - the function and the place of `value`, for messages.
 * @throws {Qwen3Error} `option` for what JSON has no word for: BigInt, NaN, functions, Maps, circles.
 */
export function pythonJson(where: string, value: unknown, depth = 0): string {
  if (depth > MOST_DEEP) {
    throw new Qwen3Error(
      'option',
      `${where} is nested more than ${MOST_DEEP} deep, or contains itself.`,
    );
  }
  const inner = (item: unknown): string => pythonJson(where, item, depth + 1);
  if (Array.isArray(value)) return `[${value.map((item) => inner(item ?? null)).join(', ')}]`;
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) {
    return JSON.stringify(value);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return pythonNumber(value);
  if (isPlainObject(value)) {
    const items = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${JSON.stringify(key)}: ${inner(item)}`);
    return `{${items.join(', ')}}`;
  }
  throw new Qwen3Error(
    'option',
    `${where} must be plain JSON, got ${showValue(value)}. Write it as text.`,
  );
}

/** Below 1e-4 Python prints an exponent of two digits. */
function pythonNumber(value: number): string {
  if (value === 0 || Math.abs(value) >= 1e-4) return JSON.stringify(value);
  return value.toExponential().replace(/e-(\d)$/, 'e-0$1');
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm have another Object.prototype, whose own prototype is null as well.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
