import { kebab } from '../../trainer/config/kebab.ts';
import { type Engine, engineWords } from '../../trainer/harness/openEngine.ts';
import { packageVersions } from '../../trainer/harness/runFile.ts';
import type { Learner } from '../../trainer/method/learner.ts';
import type { Settings } from './options.ts';

/** What a reader needs to tell two reports apart, as pairs of name and value. */
export interface RunFacts {
  model: [name: string, value: string][];
  settings: [name: string, value: string][];
  versions: [name: string, value: string][];
}

/** Model, settings and versions of a run. */
export function runFacts(settings: Settings, { model }: Learner, device: Engine): RunFacts {
  const { config, parameters } = model;
  const count = Object.values(parameters).reduce((sum, { size }) => sum + size, 0);
  return {
    model: [
      ['weights', settings.model ?? 'shipped with the example (examples/mol-rl/base)'],
      ['parameters', count.toLocaleString('en-US')],
      ['layers × hidden size', `${config.numHiddenLayers} × ${config.hiddenSize}`],
      ['vocabulary', String(config.vocabSize)],
      [
        'trained',
        settings.lora === undefined ? 'all weights' : `LoRA adapter of rank ${settings.lora}`,
      ],
    ],
    settings: Object.entries(settings).map(([name, value]) => [
      `--${kebab(name)}`,
      Array.isArray(value) ? value.join(', ') : String(value),
    ]),
    versions: [
      ...Object.entries(packageVersions()),
      ['Node', process.versions.node],
      ['kernels', `${engineWords(device)} (${device.kind})`],
      ['system', `${process.platform} ${process.arch}`],
    ],
  };
}
