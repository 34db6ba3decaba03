import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { CommandLine } from './commandLine.ts';
import { mergeSettings } from './defaults.ts';
import { groupOfShortName } from './settingsTable.ts';

/** What the user gave, by group: the command line over `--config`. Not checked, without defaults. */
export async function readGiven(line: CommandLine): Promise<Record<string, unknown>> {
  const fromFile = line.config === undefined ? {} : await readConfig(line.config);
  const { stages = ['grpo'] } = mergeSettings(fromFile, line.settings) as { stages?: string[] }; // checked with the rest
  return mergeSettings(fromFile, nested(line.settings, stages));
}

/** `{ 'grpo.updates': 3, prompts: 4 }` -> `{ grpo: { updates: 3, prompts: 4 } }` */
function nested(settings: Record<string, unknown>, stages: readonly string[]): object {
  const parts = Object.entries(settings).map(([path, value]) => {
    const dot = path.indexOf('.');
    const name = path.slice(dot + 1);
    const group = dot < 0 ? groupOfShortName(name, stages) : path.slice(0, dot);
    return group === undefined ? { [name]: value } : { [group]: { [name]: value } };
  });
  return mergeSettings(...parts);
}

async function readConfig(file: string): Promise<object> {
  const path = resolve(file);
  let value: unknown;
  try {
    value =
      extname(file) === '.json'
        ? JSON.parse(await readFile(path, 'utf8'))
        : ((await import(pathToFileURL(path).href)) as { default?: unknown }).default;
  } catch (cause) {
    throw new Error(
      `--config: ${file} cannot be read (${(cause as Error).message}). Give a .json file, or a .ts file whose default export is a TrainerConfig.`,
      { cause },
    );
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { $schema, ...settings } = value as { $schema?: unknown }; // for editors
    return settingsOfRun(settings) ?? settings;
  }
  throw new Error(
    `--config: ${file} must hold an object of settings${extname(file) === '.json' ? '' : ' as its default export'}, got ${value === undefined ? 'none' : typeof value}.`,
  );
}

/** run.json of an earlier run: its settings repeat it. */
function settingsOfRun(value: object): object | undefined {
  const { settings, engine } = value as { settings?: object; engine?: unknown };
  return engine === undefined ? undefined : settings;
}
