import { generationSuite } from './qwen3Generation.ts';
import { fullAttentionSuite, modelSuite } from './qwen3Models.ts';
import { runSuites, type SuiteEntry } from './qwen3Suite.ts';
import { adapterSuite, trainSuite } from './qwen3Training.ts';
import type { SuiteResult } from './suiteResult.ts';

const MODELS = ['llama_tied', 'llama3_rope', 'qwen2_tied', 'smollm3'];
const TRAINED = ['llama_tied', 'qwen2_tied'];

const SUITES: SuiteEntry[] = [
  ...MODELS.map(
    (name): SuiteEntry => [`models/${name}`, `models/${name}`, (root) => modelSuite(root, name)],
  ),
  [
    'models/full_attention',
    `models/${MODELS[0]}`,
    (root): Promise<SuiteResult> => fullAttentionSuite(root, 'models/full_attention', MODELS),
  ],
  ...TRAINED.flatMap((name): SuiteEntry[] => [
    [`train/full_${name}`, `train/full_${name}`, (root) => trainSuite(root, `full_${name}`)],
    [`train/lora_${name}`, `train/lora_${name}`, (root) => trainSuite(root, `lora_${name}`)],
    [
      `adapters/lora_${name}`,
      `adapters/lora_${name}`,
      (root) => adapterSuite(root, `lora_${name}`),
    ],
  ]),
  ...MODELS.map(
    (name): SuiteEntry => [
      `generation/${name}`,
      `generation/${name}.json`,
      (root) => generationSuite(root, name),
    ],
  ),
];

/** Llama type, Llama-3 RoPE, Qwen2 and SmolLM3, in the folder format of the family qwen3. */
export function runLlama(fixturesDir: string): Promise<SuiteResult[]> {
  return runSuites(SUITES, fixturesDir);
}
