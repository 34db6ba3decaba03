/** GPT-2's cut into words: contractions, words, numbers, signs (a blank before each belongs to it), blanks. */
const GPT2_WORDS = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;

type Json = Record<string, unknown>;

/**
 * The pre-tokenizer of a `tokenizer.json` in steps that `@huggingface/tokenizers` takes as the Rust library does.
 *
 * Its `Digits` knows ASCII alone (Rust: every number, `²` and `٣` too), and the words of its `ByteLevel` end at
 * JavaScript's blanks (U+FEFF is one there, U+0085 none). As patterns of `Split` both are right.
 */
export function preTokenizerSteps(step: unknown): unknown {
  if (typeof step !== 'object' || step === null) return step;
  const { type, pretokenizers } = step as Json; // an object
  if (type === 'Sequence' && Array.isArray(pretokenizers)) {
    return { ...step, pretokenizers: pretokenizers.map(preTokenizerSteps) };
  }
  if (type === 'Digits') {
    return split((step as Json).individual_digits === true ? '\\p{N}' : '\\p{N}+');
  }
  const { use_regex: cutsWords = true, add_prefix_space: addsBlank = true } = step as Json;
  if (type !== 'ByteLevel' || cutsWords !== true || addsBlank === true) return step;
  return { type: 'Sequence', pretokenizers: [split(GPT2_WORDS), { ...step, use_regex: false }] };
}

function split(pattern: string): Json {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}
