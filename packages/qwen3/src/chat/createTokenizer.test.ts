import { describe, expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from './createTokenizer.ts';

/** One token per character of the first 256, and added ones from 300 on. */
function letters(added: object[] = [], config: Record<string, unknown> = {}): Tokenizer {
  const vocab = Object.fromEntries(
    Array.from({ length: 256 }, (_, i) => [String.fromCharCode(i), i]),
  );
  return createTokenizer(
    {
      added_tokens: added.map((token, i) => ({ id: 300 + i, special: true, ...token })),
      normalizer: { type: 'NFC' },
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'BPE', vocab, merges: [] },
    },
    config,
  );
}

const END = { content: '<|im_end|>' };
const THINK = { content: '<think>', special: false };
const codes = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));

describe('encode', () => {
  test('verbatim text is text: special tokens and other added ones are spelled out', () => {
    const tokenizer = letters([END, THINK]);
    const text = 'a<|im_end|><think>b';
    expect(tokenizer.encode(text)).toEqual([97, 300, 301, 98]);
    expect(tokenizer.encode(text, { verbatim: true })).toEqual(codes(text));
    expect(tokenizer.encode(text, { verbatim: [[0, 11]] })).toEqual([
      ...codes(text.slice(0, 11)),
      301,
      98,
    ]);
    expect(tokenizer.decode(tokenizer.encode(text, { verbatim: true }))).toBe(text);
  });

  test('what touches a verbatim range is no token, a token that begins right after it is one', () => {
    const tokenizer = letters([END, { content: '<|' }]);
    expect(tokenizer.encode('x<|im_end|>', { verbatim: [[0, 2]] })).toEqual(codes('x<|im_end|>'));
    expect(tokenizer.encode('<<|im_end|>', { verbatim: [[0, 1]] })).toEqual([60, 300]);
    expect(tokenizer.encode('<|im_end|>', { verbatim: [[3, 3]] })).toEqual(codes('<|im_end|>'));
  });

  test("split_special_tokens of the config splits special tokens only, as transformers' does", () => {
    const tokenizer = letters([END, THINK], { split_special_tokens: true });
    expect(tokenizer.encode('<|im_end|><think>')).toEqual([...codes('<|im_end|>'), 301]);
    expect(tokenizer.encode('<|im_end|>', { verbatim: false })).toEqual([300]);
  });

  // ids of tokenizers 0.23.3 for the same file
  test('single_word tokens are found only where no letter touches them', () => {
    const tokenizer = letters([{ content: 'zq', single_word: true }]);
    expect(tokenizer.encode('azqb')).toEqual(codes('azqb'));
    expect(tokenizer.encode('zq')).toEqual([300]);
    expect(tokenizer.encode('a zq, zq_ \u00e9zq')).toEqual([
      ...codes('a '),
      300,
      ...codes(', zq_ \u00e9zq'),
    ]);
  });

  test('a token that is not normalised is not found in text that normalises to it', () => {
    const tokenizer = letters([{ content: 'Z\u00e9' }, { content: 'A\u00e9', normalized: true }]);
    expect(tokenizer.encode('Z\u00e9')).toEqual([300]);
    expect(tokenizer.encode('Ze\u0301')).toEqual(codes('Z\u00e9'));
    expect(tokenizer.encode('Ae\u0301')).toEqual([301]);
    expect(tokenizer.encode('Ae\u0301', { verbatim: true })).toEqual(codes('A\u00e9'));
  });

  test('lstrip and rstrip take blanks along: U+0085 is one, U+FEFF is none', () => {
    const tokenizer = letters([{ content: '<s>', lstrip: true, rstrip: true }]);
    expect(tokenizer.encode('a \u0085<s>\n\tb')).toEqual([97, 300, 98]);
    expect(tokenizer.encode('a<s>\ufeff')).toHaveLength(2); // the model has no U+FEFF
  });

  test('of several tokens at one place the longest wins', () => {
    const tokenizer = letters([{ content: '<a' }, { content: '<ab' }]);
    expect(tokenizer.encode('<abc<a')).toEqual([301, 99, 300]);
  });
});

describe('decode', () => {
  test('blanks before punctuation stay, whatever clean_up_tokenization_spaces says', () => {
    const tokenizer = letters([], { clean_up_tokenization_spaces: true });
    const program = "if (a != b) { x = y ? 1 : 2 } do n't I 'm , .";
    expect(tokenizer.decode(tokenizer.encode(program))).toBe(program);
    expect(letters().decode(codes('a ?'))).toBe('a ?');
  });

  test.each([[-1], [1.5], [Number.NaN], [256], [299], [301], [2 ** 40]])(
    'an id without a token is an error that names it: %d',
    (id) => {
      const tokenizer = letters([END]);
      expect(() => tokenizer.decode([97, id])).toThrow(
        expect.objectContaining({
          code: 'option',
          message: expect.stringContaining(`ids[1] is ${id}`),
        }),
      );
      expect(tokenizer.decode([97, id, 98], { skipUnknown: true })).toBe('ab');
    },
  );

  test.each([[{}], [null], ['12'], [5], [new BigInt64Array(1)]])('%o is no list of ids', (ids) => {
    expect(() => letters().decode(ids as never)).toThrow('ids must be a list of whole numbers');
  });

  test('tells which ids have no token', () => {
    expect(letters([END]).missingIds).toEqual(Array.from({ length: 44 }, (_, i) => 256 + i));
    expect(letters().missingIds).toEqual([]);
  });
});

describe('errors', () => {
  const good = {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
  };
  test.each([
    [{}],
    [null],
    [{ ...good, model: null }],
    [{ ...good, model: { type: 'BPE', vocab: { a: 0 } } }],
    [{ ...good, model: { type: 'BPE', vocab: { a: 1e12 }, merges: [] } }],
    [{ ...good, model: { type: 'BPE', vocab: null, merges: [] } }],
    [{ ...good, model: { type: 'BPE', vocab: { a: 0 }, merges: [5] } }],
    [{ ...good, model: { type: 'BPE', vocab: { a: 0 }, merges: ['a'] } }],
    [{ ...good, model: { type: 'BPE', vocab: { a: 0 }, merges: [['a', 1]] } }],
    [{ ...good, model: { type: 'nope', vocab: [], merges: [] } }],
    [{ ...good, added_tokens: {} }],
    [{ ...good, added_tokens: [{ id: '1', content: 'a' }] }],
    [{ ...good, normalizer: { type: 'nope' } }],
  ])('%j is no tokenizer', (json) => {
    expect(() => createTokenizer(json as never)).toThrow(
      expect.objectContaining({ name: 'Qwen3Error', code: 'tokenizer' }),
    );
  });

  test.each([['true'], [1], [{}]])('split_special_tokens %j is no switch', (value) => {
    expect(() => letters([], { split_special_tokens: value })).toThrow('must be true or false');
    expect(letters([], { split_special_tokens: null }).encode('a')).toEqual([97]);
  });

  test('wrong arguments are named', () => {
    const tokenizer = letters();
    const option = expect.objectContaining({ code: 'option' });
    expect(() => tokenizer.encode(null as never)).toThrow(option);
    expect(() => tokenizer.encode('a', { verbatm: true } as never)).toThrow(
      "Did you mean 'verbatim'?",
    );
    expect(() => tokenizer.encode('a', { verbatim: 'yes' as never })).toThrow(option);
    expect(() => tokenizer.decode(undefined as never)).toThrow(option);
    expect(() => tokenizer.decode([1], { skip_special: true } as never)).toThrow("'skipSpecial'");
  });
});
