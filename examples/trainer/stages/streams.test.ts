import { describe, expect, test } from 'vitest';
import { checkSettings } from '../config/checkSettings.ts';
import type { StageName } from '../config/schema.ts';
import { evaluationSeed, streamOf } from './streams.ts';

const at = (stages: StageName[], streams: 'place' | 'stage') => {
  const settings = checkSettings({ environment: 'codewords', stages, streams, seed: 3 });
  const state = { settings, weights: {}, evaluations: [], seconds: {}, actions: [] };
  const bytes = { metrics: 0, completions: 0 };
  return {
    names: stages.map((_, stage) => streamOf({ ...state, stage, bytes })),
    seed: evaluationSeed(settings),
  };
};

describe('random streams', () => {
  test('by place each stage of a run has its own', () => {
    const { names, seed } = at(['grpo', 'mol', 'eval', 'grpo'], 'place');
    expect(names).toEqual(['1-grpo', '2-mol', '3-eval', '4-grpo']);
    expect(seed).toBe(3);
  });

  test('by stage GRPO draws the same prompts whatever was before it, and not those of evaluations', () => {
    const [alone, behind] = [at(['grpo'], 'stage'), at(['mol', 'eval', 'grpo'], 'stage')];
    expect(behind.names.at(-1)).toBe(alone.names[0]);
    expect(new Set(behind.names).size).toBe(3);
    expect(behind.seed).toBe(alone.seed);
    expect(behind.seed).not.toBe(3);
  });
});
