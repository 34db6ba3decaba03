import type { TrainerSettings } from '../../config/schema.ts';

/** Settings by path, `grpo.learningRate`, as text. */
export function flatSettings(settings: TrainerSettings): Map<string, string> {
  const flat = new Map<string, string>();
  const add = (prefix: string, group: object): void => {
    for (const [name, value] of Object.entries(group)) {
      const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (isGroup) add(`${prefix}${name}.`, value);
      else flat.set(`${prefix}${name}`, Array.isArray(value) ? value.join(', ') : String(value));
    }
  };
  add('', settings);
  return flat;
}

/** Those that are not the same in all runs: the path, then a value for each run. */
export function settingsDiffer(
  runs: readonly TrainerSettings[],
): [path: string, values: string[]][] {
  const flat = runs.map(flatSettings);
  const paths = [...new Set(flat.flatMap((one) => [...one.keys()]))];
  return paths.flatMap((path): [string, string[]][] => {
    const values = flat.map((one) => one.get(path) ?? '(none)');
    return new Set(values).size === 1 ? [] : [[path, values]];
  });
}
