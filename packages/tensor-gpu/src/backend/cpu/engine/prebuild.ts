import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Path of a compiled kernel file, or undefined when this package has none of that name. The folder `prebuilds` lies beside
 * `src` and `dist`: it is looked for from this module upwards, which holds for sources, ESM and CommonJS alike.
 */
export function prebuild(name: string): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const candidate = join(folder, 'prebuilds');
    if (existsSync(candidate)) {
      const file = join(candidate, name);
      return existsSync(file) ? file : undefined;
    }
    const parent = dirname(folder);
    if (parent === folder) return undefined;
    folder = parent;
  }
}
