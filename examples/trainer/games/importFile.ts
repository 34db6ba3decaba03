import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What a file of the user's exports. @throws {Error} One line naming the setting, the file and why. */
export async function importFile(setting: string, file: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(resolve(file)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new Error(
      `${setting}: ${file} cannot be loaded (${(cause as Error).message}). Give a TypeScript or JavaScript module.`,
      { cause },
    );
  }
}
