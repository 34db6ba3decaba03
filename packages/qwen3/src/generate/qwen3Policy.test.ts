import { readFileSync } from 'node:fs';
import { openCpu } from '@molrl/tensor-gpu';
import { beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer } from '../chat/createTokenizer.ts';
import { renderSegments } from '../chat/renderSegments.ts';
import type { Segment } from '../chat/segment.ts';
import { createQwen3 } from '../model/createQwen3.ts';
import { TINY_CONFIG } from '../tinyConfig.ts';
import { qwen3Policy } from './qwen3Policy.ts';

const json = readFileSync(new URL('../../fixtures/recipeTokenizer.json', import.meta.url), 'utf8');
const tokenizer = createTokenizer(JSON.parse(json));

beforeAll(async () => {
  await openCpu();
});

describe('qwen3Policy', () => {
  test('answers with the text, ids and log-probs of what it sampled, prompt-major', async () => {
    const model = createQwen3({ ...TINY_CONFIG, vocabSize: tokenizer.vocabSize }, { seed: 1 });
    const policy = qwen3Policy(model, tokenizer, { format: 'recipe' });
    const prompts: Segment[][] = ['4876 rav', '12'].map((text) => [
      { speaker: 'user', kind: 'prompt', turn: 0, text },
    ]);
    const answers = await policy.generate(prompts, { numGenerations: 2, maxTokens: 6, seed: 9 });
    expect(answers.length).toBe(4);
    for (const [i, answer] of answers.entries()) {
      const { ids, logprobs } = answer.tokens;
      const isWhole = ids.at(-1) === tokenizer.specialId('<|im_end|>');
      expect(answer).toMatchObject({ speaker: 'assistant', kind: 'policy', turn: 0 });
      expect(answer.text).toBe(tokenizer.decode(isWhole ? ids.slice(0, -1) : ids));
      expect(logprobs.length).toBe(ids.length);
      const episode = [...prompts[Math.floor(i / 2)]!, answer];
      const rendered = renderSegments(episode, tokenizer, { format: 'recipe' });
      expect([...rendered.ids].join()).toContain([...ids].join());
    }
    const again = await policy.generate(prompts, { numGenerations: 2, maxTokens: 6, seed: 9 });
    expect(again).toEqual(answers);
    const next = await policy.generate([[...prompts[0]!, answers[0]!]], { maxTokens: 1, seed: 1 });
    expect(next[0]!.turn).toBe(1);
    model.dispose();
  });
});
