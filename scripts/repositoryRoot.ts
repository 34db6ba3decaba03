import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, whatever the working directory. */
export const repositoryRoot: string = dirname(dirname(fileURLToPath(import.meta.url)));
