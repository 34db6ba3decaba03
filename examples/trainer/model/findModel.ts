import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exists } from '../base/exists.ts';

/** The 0.5 M model that ships with the example. */
export const SHIPPED_MODEL = fileURLToPath(new URL('../../mol-rl/base', import.meta.url));

/** Where a model lies: a folder or a GGUF file, and an adapter on it where a run left one. */
export interface FoundModel {
  source: string;
  adapter?: string | undefined;
  /** What the system said in the run. */
  system?: string | undefined;
}

/** What a folder must hold; of the names in one row any. */
const NEEDED = [
  ['config.json'],
  ['model.safetensors', 'model.safetensors.index.json'],
  ['tokenizer.json'],
];

/**
 * Finds a model by what the user wrote: a Hugging Face folder, a `.gguf` file, or the folder of a run of this trainer.
 *
 * @throws {Error} One line: what was looked for and where, what is there, and what to give.
 */
export async function findModel(given: string): Promise<FoundModel> {
  const kind = await stat(given).then(
    (found) => (found.isDirectory() ? 'folder' : 'file'),
    () => undefined,
  );
  if (kind === undefined) return refuse(given, nothingThere(given));
  if (kind === 'file') {
    if (/\.gguf$/i.test(given)) return { source: given };
    return refuse(given, 'is a file, but no GGUF file (.gguf).');
  }
  if ((await exists(join(given, 'run.json'))) && !(await exists(join(given, 'config.json'))))
    return ofRun(given);
  const missing: string[] = [];
  for (const names of NEEDED) {
    const found = await Promise.all(names.map((name) => exists(join(given, name))));
    if (!found.includes(true)) missing.push(names.join(' or '));
  }
  if (missing.length === 0) return { source: given };
  if (await exists(join(given, 'adapter_config.json')))
    return refuse(given, 'holds an adapter, not a model: give the folder of its base.');
  return refuse(given, `has no ${missing.join(', no ')}.`);
}

/** What a run left: its whole model, else its adapter on the model it was made from. */
async function ofRun(run: string): Promise<FoundModel> {
  const { settings } = JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as {
    settings: { model?: string; system?: string };
  }; // written by the trainer
  const { system } = settings;
  const whole = join(run, 'model');
  if (await exists(join(whole, 'config.json'))) return { source: whole, system };
  const gguf = join(run, 'gguf', 'model.gguf');
  const adapter = join(run, 'adapter');
  if (!(await exists(join(adapter, 'adapter_config.json')))) {
    if (await exists(gguf)) return { source: gguf, system };
    return refuse(run, 'is a run that has not ended: it holds neither model/, adapter/ nor gguf/.');
  }
  const base = await findModel(settings.model ?? SHIPPED_MODEL);
  if (base.adapter === undefined) return { source: base.source, adapter, system };
  return refuse(run, `is an adapter on ${settings.model}, which is an adapter itself.`);
}

const nothingThere = (given: string): string =>
  /^[\w.-]+\/[\w.-]+$/.test(given)
    ? 'is not there. A name on a hub must be downloaded first, and its folder be given.'
    : 'is not there.';

function refuse(given: string, why: string): never {
  const wanted = NEEDED.map((names) => names.join(' or ')).join(', ');
  throw new Error(
    `model: ${given} ${why} Looked for a folder with ${wanted}, a .gguf file, or the folder of a run. Without the setting it is the model that ships with the example.`,
  );
}
