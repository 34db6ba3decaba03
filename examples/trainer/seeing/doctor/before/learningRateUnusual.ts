import type { BeforeRun, Check } from '../check.ts';

/** Models below this many weights are toys, which take rates that break a language model. */
const TOY = 10e6;

/**
 * Usual rates of AdamW on language models: with an adapter from 1e-6 to 2e-3, of all weights from 1e-8 to 1e-4 (TRL's
 * defaults are 1e-6 for GRPO and 2e-5 for SFT; an adapter takes about ten times as much: Schulman et al. 2025, LoRA
 * Without Regret).
 */
const USUAL = { adapter: [1e-6, 2e-3], all: [1e-8, 1e-4] } as const;

/** A rate far from those that people train with. */
export const learningRateUnusual: Check<Pick<BeforeRun, 'settings' | 'model'>> = ({
  settings,
  model,
}) => {
  const what = settings.lora === undefined ? 'all' : 'adapter';
  const [low, high] = USUAL[what];
  const most = model.parameters < TOY ? 10 * high * (what === 'all' ? 10 : 1) : high;
  for (const stage of ['sft', 'mol', 'live', 'grpo'] as const) {
    const { learningRate: rate } = settings[stage];
    if (!settings.stages.includes(stage) || (rate >= low && rate <= most)) continue;
    const whose = what === 'all' ? 'all weights of a model this size' : 'an adapter';
    const fix =
      rate > most
        ? `it will likely destroy the model. Take at most ${most}${what === 'all' ? ', or train an adapter (--lora 16)' : ''}.`
        : `it will likely change nothing. Take at least ${low}.`;
    return `${stage}.learningRate ${rate} is unusually ${rate > most ? 'high' : 'low'} for ${whose}: ${fix}`;
  }
  return undefined;
};
