import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createTokenizer } from './createTokenizer.ts';
import { renderChat } from './renderChat.ts';
import { renderSegments } from './renderSegments.ts';
import type { Segment } from './segment.ts';
import type { SpecialsOption } from './specials.ts';

const json = readFileSync(new URL('../../fixtures/recipeTokenizer.json', import.meta.url), 'utf8');
const tokenizer = createTokenizer(JSON.parse(json));
const end = tokenizer.specialId('<|im_end|>');

/** One token per byte, the marks of the chat from 256 on. */
const splitter = createTokenizer({
  added_tokens: ['<|im_start|>', '<|im_end|>', '<tool_response>', '</tool_response>'].map(
    (content, i) => ({ id: 256 + i, content, special: i < 2 }),
  ),
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    vocab: Object.fromEntries(Array.from({ length: 256 }, (_, i) => [String.fromCharCode(i), i])),
    merges: [],
  },
});

const prompt: Segment = { speaker: 'user', kind: 'prompt', turn: 0, text: '9489 det dar' };
const attempt: Segment = {
  speaker: 'assistant',
  kind: 'policy',
  turn: 0,
  text: '<think>\n9489 det flip 0510 dar dec 9409\n</think>\n\n9409',
};
const feedback: Segment = {
  speaker: 'user',
  kind: 'environment',
  turn: 0,
  text: 'Wrong. Step 1: det ends, not flip. Try again.',
};

describe('renderSegments', () => {
  test('writes an episode as the recipe does, and its ids are those of the whole text', () => {
    const { ids } = renderSegments([prompt, attempt, feedback], tokenizer, {
      format: 'recipe',
      addGenerationPrompt: true,
    });
    const text = [
      '<|im_start|>user\n9489 det dar<|im_end|>\n',
      '<|im_start|>assistant\n<think>\n9489 det flip 0510 dar dec 9409\n</think>\n\n9409<|im_end|>\n',
      '<|im_start|>user\nWrong. Step 1: det ends, not flip. Try again.<|im_end|>\n',
      '<|im_start|>assistant\n',
    ].join('');
    expect(tokenizer.decode(ids)).toBe(text);
    expect([...ids]).toEqual(tokenizer.encode(text));
  });

  test('roles: own turn from <think> to <|im_end|>, feedback with its <|im_end|>, nothing else', () => {
    const { ids, roles } = renderSegments([prompt, attempt, feedback], tokenizer, {
      format: 'recipe',
    });
    const textOf = (role: string): string =>
      tokenizer.decode(ids.filter((_, i) => roles[i] === role));
    expect(textOf('assistant')).toBe(`${attempt.text}<|im_end|>`);
    expect(textOf('environment')).toBe(`${feedback.text}<|im_end|>`);
    expect(textOf('ignore')).not.toContain('Wrong');
  });

  test('each turn extends the one before, also with sampled ids that the text would not give', () => {
    // A cut answer: no <|im_end|>, and 'd' 'e' might be one token if encoded again.
    const odd: Segment = {
      ...attempt,
      text: 'de',
      tokens: { ids: [...tokenizer.encode('d'), ...tokenizer.encode('e')], logprobs: [-0.5, -1] },
    };
    const options = { format: 'recipe', addGenerationPrompt: true } as const;
    const first = renderSegments([prompt], tokenizer, options);
    const second = renderSegments([prompt, odd, feedback], tokenizer, options);
    const sampled = [...second.ids.subarray(0, first.ids.length + 2)];
    expect(sampled).toEqual([...first.ids, ...Array.from(odd.tokens!.ids)]);
    expect(second.ids[first.ids.length + 2]).toBe(end);
    expect([...second.sampled].filter(Boolean).length).toBe(2);
    expect(second.logprobs[first.ids.length + 1]).toBe(-1);
    expect(second.logprobs[first.ids.length + 2]).toBeNaN();
  });

  test('a sampled <|im_end|> is not doubled', () => {
    const ids = [...tokenizer.encode('94'), end];
    const closed: Segment = { ...attempt, text: '94', tokens: { ids } };
    const rendered = renderSegments([closed], tokenizer, { format: 'recipe' });
    expect(rendered.ids.filter((id) => id === end).length).toBe(1);
    expect([...rendered.sampled].filter(Boolean).length).toBe(3);
  });

  test("'qwen3' wraps tools' answers, 'qwen3-non-thinking' opens with an empty thought", () => {
    const tool: Segment = { speaker: 'tool', kind: 'environment', turn: 0, text: '3' };
    const options = { format: 'qwen3-non-thinking', addGenerationPrompt: true } as const;
    expect(tokenizer.decode(renderSegments([tool], tokenizer, options).ids)).toBe(
      '<|im_start|>user\n<tool_response>\n3\n</tool_response><|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n',
    );
  });

  test('neighbouring answers of tools share one user turn, as in the template', () => {
    const answers = ['3', '4'].map(
      (text): Segment => ({ speaker: 'tool', kind: 'environment', turn: 0, text }),
    );
    const { ids } = renderSegments(answers, tokenizer, { format: 'qwen3' });
    const messages = answers.map(({ text }) => ({ role: 'tool' as const, content: text }));
    expect(tokenizer.decode(ids)).toBe(renderChat(messages));
    const { roles } = renderSegments(answers, tokenizer, { format: 'recipe' });
    expect(roles.filter((role) => role === 'environment')).toHaveLength(4); // '3', end, '4', end
  });

  test('text of others never becomes control tokens, text of the assistant does', () => {
    const mark = '<|im_end|>\n<|im_start|>';
    const say = (speaker: Segment['speaker'], kind: Segment['kind']): Segment => ({
      speaker,
      kind,
      turn: 0,
      text: mark,
    });
    const marks = (segment: Segment, specials?: SpecialsOption): number => {
      const options = { format: 'recipe', specials } as const;
      const { ids } = renderSegments([segment], splitter, options);
      return ids.filter((id) => id === 257 || id === 256).length - 2; // the turn's own two
    };
    expect(marks(say('user', 'environment'))).toBe(0);
    expect(marks(say('tool', 'environment'))).toBe(0);
    expect(marks(say('assistant', 'environment'))).toBe(0);
    expect(marks(say('user', 'prompt'))).toBe(0);
    expect(marks(say('system', 'prompt'))).toBe(0);
    expect(marks(say('assistant', 'prompt'))).toBe(2);
    expect(marks(say('assistant', 'policy'))).toBe(2);
    expect(marks(say('system', 'prompt'), { system: 'parse' })).toBe(2);
    expect(marks(say('user', 'prompt'), { system: 'parse' })).toBe(0);
    expect(marks(say('user', 'environment'), 'parse')).toBe(2);
    expect(marks(say('assistant', 'policy'), 'split')).toBe(0);
  });

  test('feedback that repeats what the model said trains no control token', () => {
    const echo = 'Wrong. Step 1: 4876 right 6487, not <|im_start|>assistant. Try again.';
    const { ids, roles } = renderSegments([{ ...feedback, text: echo }], tokenizer, {
      format: 'recipe',
    });
    const trained = [...ids].filter((_, i) => roles[i] === 'environment');
    expect(trained.filter((id) => id === tokenizer.specialId('<|im_start|>'))).toEqual([]);
    expect(tokenizer.decode(trained)).toBe(`${echo}<|im_end|>`);
  });

  test('the wrapper of an answer of tools is control tokens, what it wraps is not', () => {
    const tool: Segment = {
      speaker: 'tool',
      kind: 'environment',
      turn: 0,
      text: 'x</tool_response>',
    };
    const { ids } = renderSegments([tool], splitter, { format: 'qwen3' });
    expect(ids.filter((id) => id === 259)).toHaveLength(1);
    expect(splitter.decode(ids)).toContain('x</tool_response>\n</tool_response><|im_end|>');
  });

  test('a text of the assistant that ends its own turn is not closed twice', () => {
    const own: Segment = { ...attempt, text: 'ok<|im_end|>' };
    const { ids } = renderSegments([own], splitter, { format: 'recipe' });
    expect(ids.filter((id) => id === 257)).toHaveLength(1);
  });

  test.each([
    [{}, { format: 'Recipe' }, "Did you mean 'recipe'?"],
    [{}, { format: 'qwen3-nonthinking' }, "Did you mean 'qwen3-non-thinking'?"],
    [{}, {}, 'format must be one of'],
    [{}, undefined, 'options must be an object, got undefined'],
    [{}, { format: 'recipe', add_generation_prompt: true }, "'addGenerationPrompt'"],
    [{}, { format: 'recipe', specials: 'keep' }, "specials must be one of 'split', 'parse'"],
    [{}, { format: 'recipe', specials: { tools: 'parse' } }, "Did you mean 'tool'?"],
    [{}, { format: 'recipe', specials: { tool: true } }, 'specials.tool'],
    [{}, { format: 'recipe', addGenerationPrompt: 'false' }, 'must be true or false'],
    [{ speaker: 'environment' }, { format: 'recipe' }, 'segment 0: speaker'],
    [{ kind: 'feedback' }, { format: 'recipe' }, 'segment 0: kind'],
    [{ text: null }, { format: 'recipe' }, 'segment 0: text must be a text, got null'],
    [{ turn: 0.5 }, { format: 'recipe' }, 'turn must be a whole number'],
    [
      { tokens: { ids: [1, 2], logprobs: [0] } },
      { format: 'recipe' },
      'one entry per id (2), got 1',
    ],
    [{ tokens: { ids: [1.5] } }, { format: 'recipe' }, 'tokens.ids[0]'],
    [
      { tokens: { ids: 5 } },
      { format: 'recipe' },
      'tokens.ids must be a list of whole numbers, got 5',
    ],
  ])('throws `option` for what cannot be rendered: %#', (change, options, text) => {
    expect(() =>
      renderSegments([{ ...attempt, ...change } as Segment], tokenizer, options as never),
    ).toThrow(expect.objectContaining({ code: 'option', message: expect.stringContaining(text) }));
  });
});

describe('Tokenizer', () => {
  test('decodes nothing to nothing and skips specials on request', () => {
    expect(tokenizer.decode([])).toBe('');
    expect(tokenizer.decode([end], { skipSpecial: true })).toBe('');
    expect(tokenizer.decode([end])).toBe('<|im_end|>');
  });

  test('throws `tokenizer` for a token it does not have', () => {
    expect(() => tokenizer.specialId('<tool>')).toThrow(
      expect.objectContaining({ code: 'tokenizer' }),
    );
  });
});
