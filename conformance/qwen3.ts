import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { generationSuite, ropeSuite, samplingSuite } from './qwen3Generation.ts';
import { familySuite, layersSuite, modelSuite } from './qwen3Models.ts';
import { chatsSuite, textsSuite } from './qwen3Tokenizer.ts';
import { adapterSuite, trainSuite } from './qwen3Training.ts';
import { absentSuite, type SuiteResult } from './suiteResult.ts';

/** Each suite: its name, the file or folder it reads, and how to run it; without a runner it comes later. */
const SUITES: [suite: string, path: string, run?: (root: string) => Promise<SuiteResult>][] = [
  ['models/dense_tied', 'models/dense_tied', (root) => modelSuite(root, 'dense_tied')],
  ['models/dense_untied', 'models/dense_untied', (root) => modelSuite(root, 'dense_untied')],
  ['models/dense_bf16', 'models/dense_bf16', (root) => modelSuite(root, 'dense_bf16')],
  ['models/dense_gqa4_sharded', 'models/dense_gqa4_sharded'],
  ['models/dense_yarn', 'models/dense_yarn'],
  ['models/moe_norm', 'models/moe_norm'],
  ['models/moe_raw', 'models/moe_raw'],
  ['models/full_attention', 'models/dense_tied'],
  ['layers/dense_tied', 'models/dense_tied', (root) => layersSuite(root, 'dense_tied')],
  ['layers/moe_norm', 'models/moe_norm'],
  ['train/full_dense_tied', 'train/full_dense_tied', (root) => trainSuite(root, 'full_dense_tied')],
  ['train/lora', 'train/lora', (root) => trainSuite(root, 'lora')],
  ['train/full_moe_norm', 'train/full_moe_norm'],
  ['adapters/lora', 'adapters/lora', (root) => adapterSuite(root, 'lora')],
  ['adapters/rslora', 'adapters/rslora'],
  ['adapters/dora', 'adapters/dora'],
  ['adapters/lora_moe', 'adapters/lora_moe'],
  [
    'generation/dense_tied',
    'generation/dense_tied.json',
    (root) => generationSuite(root, 'dense_tied'),
  ],
  ['generation/dense_gqa4_sharded', 'generation/dense_gqa4_sharded.json'],
  ['generation/dense_yarn', 'generation/dense_yarn.json'],
  ['generation/moe_norm', 'generation/moe_norm.json'],
  ['generation/sampling', 'generation/sampling.json', samplingSuite],
  ['rope/default', 'rope', (root) => ropeSuite(root, 'default')],
  ['rope/theta5e6', 'rope', (root) => ropeSuite(root, 'theta5e6')],
  ['rope/yarn4', 'rope'],
  ['tokenizer/texts', 'tokenizer/texts.json', textsSuite],
  ['tokenizer/chats', 'tokenizer/chats.json', chatsSuite],
  ['family/dense', 'family.json', familySuite],
  ['family/moe', 'family.json'],
];

/** Runs every suite of the family on our CPU engine; what is not built or not in the folder is absent. */
export async function runQwen3(fixturesDir: string): Promise<SuiteResult[]> {
  const device = await openCpu();
  const results: SuiteResult[] = [];
  for (const [suite, path, run] of SUITES) {
    const isThere = run && existsSync(join(fixturesDir, path));
    results.push(isThere ? await run(fixturesDir) : absentSuite(suite));
  }
  device.dispose();
  return results;
}
