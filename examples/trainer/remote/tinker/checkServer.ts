// Checks a server of the Tinker API that really runs: `pnpm tinker:server URL MODEL_FOLDER [--record FILE]`, the folder that it
// serves. Prints what was compared and exits with 1 if anything is off. With --record, a shorter run, whose traffic the tests
// replay. No part of the tests: SkyRL needs some GB.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCpu } from '@molrl/tensor-gpu';
import { recordingProxy } from '../../../tinker/traffic/recordingProxy.ts';
import { compareEngines } from './compareEngines.ts';

const { positionals, values } = parseArgs({
  ...{ allowPositionals: true, args: process.argv.slice(2).filter((one) => one !== '--') },
  options: { record: { type: 'string' } },
});
const [url, source] = positionals;
if (url === undefined || source === undefined)
  throw new Error('tinker:server: give URL and MODEL_FOLDER.');

await openCpu();
const folder = await mkdtemp(join(tmpdir(), 'molrl-tinker-'));
const { record } = values;
const proxy = record === undefined ? undefined : await recordingProxy(url);
const size = proxy ? { updates: 2, rank: 1 } : { updates: 5, rank: 4 };
let failed = 0;
try {
  for await (const { what, apart, limit } of compareEngines({
    ...{ url: proxy?.url ?? url, source, folder, ...size },
    onFacts: (facts) => process.stdout.write(`${JSON.stringify(facts)}\n`),
  })) {
    const isRight = apart < limit;
    process.stdout.write(`${isRight ? 'ok  ' : 'OFF '} ${what}: ${apart.toExponential(1)} apart\n`);
    if (!isRight) failed += 1;
  }
  if (record !== undefined && proxy)
    await writeFile(record, `${JSON.stringify(proxy.exchanges, null, 1)}\n`);
} finally {
  proxy?.close();
  await rm(folder, { recursive: true });
}
process.exitCode = failed === 0 ? 0 : 1;
