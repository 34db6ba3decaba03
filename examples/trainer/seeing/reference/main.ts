// pnpm reference   writes docs/reference/trainer.md and docs/reference/trainer.schema.json
import { mkdir, writeFile } from 'node:fs/promises';
import { configSchemaFile } from './configSchema.ts';
import { referencePage } from './referencePage.ts';

const folder = new URL('../../../../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('trainer.md', folder), referencePage());
await writeFile(new URL('trainer.schema.json', folder), configSchemaFile());
