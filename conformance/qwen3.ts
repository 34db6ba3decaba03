import type { DeviceName } from '@molrl/tensor-gpu';
import { generationSuite, ropeSuite, samplingSuite } from './qwen3Generation.ts';
import { familySuite, fullAttentionSuite, layersSuite, modelSuite } from './qwen3Models.ts';
import { runSuites, type SuiteEntry } from './qwen3Suite.ts';
import { chatsSuite, textsSuite } from './qwen3Tokenizer.ts';
import { adapterSuite, trainSuite } from './qwen3Training.ts';
import type { SuiteResult } from './suiteResult.ts';

const DENSE = ['dense_tied', 'dense_untied', 'dense_gqa4_sharded', 'dense_bf16', 'dense_yarn'];
const EXPERTS = ['moe_norm', 'moe_raw'];

const SUITES: SuiteEntry[] = [
  ['models/dense_tied', 'models/dense_tied', (root) => modelSuite(root, 'dense_tied')],
  ['models/dense_untied', 'models/dense_untied', (root) => modelSuite(root, 'dense_untied')],
  ['models/dense_bf16', 'models/dense_bf16', (root) => modelSuite(root, 'dense_bf16')],
  [
    'models/dense_gqa4_sharded',
    'models/dense_gqa4_sharded',
    (root) => modelSuite(root, 'dense_gqa4_sharded'),
  ],
  ['models/dense_yarn', 'models/dense_yarn', (root) => modelSuite(root, 'dense_yarn')],
  ['models/moe_norm', 'models/moe_norm', (root) => modelSuite(root, 'moe_norm')],
  ['models/moe_raw', 'models/moe_raw', (root) => modelSuite(root, 'moe_raw')],
  [
    'models/full_attention',
    'models/dense_tied',
    (root) => fullAttentionSuite(root, 'models/full_attention', DENSE),
  ],
  [
    'models/full_attention_moe',
    'models/moe_norm',
    (root) => fullAttentionSuite(root, 'models/full_attention_moe', EXPERTS),
  ],
  ['layers/dense_tied', 'models/dense_tied', (root) => layersSuite(root, 'dense_tied')],
  ['layers/moe_norm', 'models/moe_norm', (root) => layersSuite(root, 'moe_norm')],
  ['train/full_dense_tied', 'train/full_dense_tied', (root) => trainSuite(root, 'full_dense_tied')],
  ['train/lora', 'train/lora', (root) => trainSuite(root, 'lora')],
  ['train/full_moe_norm', 'train/full_moe_norm', (root) => trainSuite(root, 'full_moe_norm')],
  ['adapters/lora', 'adapters/lora', (root) => adapterSuite(root, 'lora')],
  ['adapters/rslora', 'adapters/rslora', (root) => adapterSuite(root, 'rslora')],
  ['adapters/dora', 'adapters/dora', (root) => adapterSuite(root, 'dora')],
  ['adapters/lora_moe', 'adapters/lora_moe', (root) => adapterSuite(root, 'lora_moe')],
  [
    'generation/dense_tied',
    'generation/dense_tied.json',
    (root) => generationSuite(root, 'dense_tied'),
  ],
  [
    'generation/dense_gqa4_sharded',
    'generation/dense_gqa4_sharded.json',
    (root) => generationSuite(root, 'dense_gqa4_sharded'),
  ],
  [
    'generation/dense_yarn',
    'generation/dense_yarn.json',
    (root) => generationSuite(root, 'dense_yarn'),
  ],
  ['generation/moe_norm', 'generation/moe_norm.json', (root) => generationSuite(root, 'moe_norm')],
  ['generation/sampling', 'generation/sampling.json', samplingSuite],
  ['rope/default', 'rope', (root) => ropeSuite(root, 'default')],
  ['rope/theta5e6', 'rope', (root) => ropeSuite(root, 'theta5e6')],
  ['rope/yarn4', 'rope', (root) => ropeSuite(root, 'yarn4')],
  ['tokenizer/texts', 'tokenizer/texts.json', textsSuite],
  ['tokenizer/chats', 'tokenizer/chats.json', chatsSuite],
  ['family/dense', 'family.json', (root) => familySuite(root, 'dense')],
  ['family/moe', 'family.json', (root) => familySuite(root, 'moe')],
];

/** Every suite of the family. */
export function runQwen3(fixturesDir: string, device: DeviceName): Promise<SuiteResult[]> {
  return runSuites(SUITES, fixturesDir, device);
}
