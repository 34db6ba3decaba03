/**
 * JSON as Python's `json.dumps(value, ensure_ascii=False)` prints it, which chat templates write: `", "` and `": "`
 * between items, keys in the given order. Numbers print as JavaScript's: 1.0 becomes 1, which Python would keep.
 */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const items = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => `${JSON.stringify(key)}: ${pythonJson(item)}`);
    return `{${items.join(', ')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
