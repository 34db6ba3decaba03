import type { SamplingMask } from '@molrl/tensor-gpu';
import { Qwen3Error } from '../base/errors.ts';
import {
  checkBoolean,
  checkChoice,
  checkList,
  checkOptionNames,
  checkWholeNumbers,
  INT32,
} from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import { checkTokenizer } from './checkTokenizer.ts';
import type { Tokenizer } from './createTokenizer.ts';
import { checkMask, joinMask, keptAt } from './samplingMask.ts';
import type { Segment } from './segment.ts';
import { readSpecials, SPEAKERS, type Specials, type SpecialsOption } from './specials.ts';
import {
  CHAT_FORMATS,
  type ChatFormat,
  TURN_FORMATS,
  type TurnFormat,
  turnHeader,
} from './turnFormats.ts';

/** Which loss a token is for, when it is the target: see mol-loss. */
export type TokenRole = 'environment' | 'assistant' | 'ignore';

/** An episode as tokens. All arrays have one entry per token. */
export interface RenderedSegments {
  ids: Int32Array;
  /** `'environment'`: feedback and its `<|im_end|>`. `'assistant'`: the model's turns and theirs. Else `'ignore'`. */
  roles: TokenRole[];
  /** Kind of the segment the token belongs to; headers belong to the segment they open. */
  kinds: Segment['kind'][];
  turns: Int32Array;
  /** Index of the segment in the input. What no segment said (a usual system message, the opening of the next answer) has -1. */
  segments: Int32Array;
  /** 1 where the model itself sampled the token; an `<|im_end|>` set after a cut answer has 0. */
  sampled: Uint8Array;
  /** The sampler's log-probs where given, else NaN. */
  logprobs: Float32Array;
  /** The sampler's log-probs after bias, penalties and filters where given, else NaN. */
  behaviorLogprobs: Float32Array;
  /** @deprecated The former name of `behaviorLogprobs`. */
  samplingLogprobs: Float32Array;
  /** Which ids each token was drawn from, where a segment tells it; an empty list: all. `selectTargets` takes it. */
  samplingMask?: SamplingMask;
}

export interface RenderSegmentsOptions {
  /** No default: the format must be the one the model knows. */
  format: ChatFormat;
  /** Open the assistant's next turn at the end, for sampling. Default false. */
  addGenerationPrompt?: boolean | undefined;
  /**
   * Whether `<|im_end|>`, `<think>` and the like in a segment's text are ordinary text (`'split'`) or control tokens
   * (`'parse'`), for all or per speaker. Default: `'split'`, but `'parse'` for the assistant's text. Policy segments
   * count as the assistant's, feedback never does. `tokens.ids` are taken as they are in any case.
   */
  specials?: SpecialsOption | undefined;
  /**
   * What the system says in an episode that begins otherwise. Default: what the format says then, which is nothing but
   * in `'smollm2'`; `null`: nothing.
   */
  system?: string | null | undefined;
}

const RENDER_OPTIONS: readonly string[] = [
  'format',
  'addGenerationPrompt',
  'specials',
  'system',
] satisfies (keyof RenderSegmentsOptions)[];

/**
 * Writes segments down turn by turn, with a loss role per token.
 *
 * Each part (header, text, end) is encoded by itself, so a token never spans two roles, and the ids of an
 * episode begin with the ids of the prompt its last turn was sampled from (with `addGenerationPrompt`).
 * A segment that carries `tokens.ids` contributes exactly those, never its text encoded again. A model's turn
 * that ended otherwise (cut, at a stop string, with another end token) is closed by an `<|im_end|>` with `sampled` 0.
 *
 * @throws {Qwen3Error} `tokenizer` if the tokenizer lacks the chat tokens, `option` for an unknown format, option,
 * speaker or kind, a text that is none, ids that are none, and log-probs that are not one per id.
 *
 * @example
 * const tokenizer = {
 *   vocabSize: 128, // one token per character; a real tokenizer comes from loadTokenizer
 *   encode: (text: string) => Array.from(text, (letter) => letter.charCodeAt(0)),
 *   decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)),
 *   specialId: () => 36,
 * };
 * const feedback: Segment = { speaker: 'user', kind: 'environment', turn: 0, text: 'No' };
 * const { roles } = renderSegments([feedback], tokenizer, { format: 'recipe' });
 * roles.filter((role) => role === 'environment').length; // 3
 */
export function renderSegments(
  segments: readonly Segment[],
  tokenizer: Tokenizer,
  options: RenderSegmentsOptions,
): RenderedSegments {
  checkTokenizer('renderSegments', tokenizer);
  checkOptionNames('renderSegments', options, RENDER_OPTIONS);
  const { addGenerationPrompt = false } = options;
  checkChoice('renderSegments: format', options.format, CHAT_FORMATS);
  const format: TurnFormat = TURN_FORMATS[options.format];
  const { system = format.system ?? null } = options;
  if (system !== null && typeof system !== 'string') {
    throw new Qwen3Error(
      'option',
      `renderSegments: system must be a text or null, got ${showValue(system)}.`,
    );
  }
  checkBoolean('renderSegments: addGenerationPrompt', addGenerationPrompt);
  const specials = readSpecials('renderSegments', options.specials);
  checkList('renderSegments: segments', segments);
  for (const [index, segment] of segments.entries()) checkSegment(segment, index);
  const end = tokenizer.specialId(format.end);
  const afterEnd = tokenizer.encode(format.afterEnd);
  const tokens: Token[] = [];
  const write = (text: string, place: Omit<Token, 'id'>): void => {
    for (const id of tokenizer.encode(text, PARSED)) tokens.push({ ...place, id });
  };
  const first = {
    kind: segments[0]?.kind ?? 'policy',
    turn: segments[0]?.turn ?? 0,
    segment: -1,
  } as const;
  write(format.opening, { ...first, ...UNTRAINED });
  if (system !== null && segments[0]?.speaker !== 'system') {
    const place = { ...first, ...UNTRAINED, kind: 'prompt' as const };
    write(turnHeader(format, { speaker: 'system', kind: 'prompt' }), place);
    write(system, place);
    for (const id of [end, ...afterEnd]) tokens.push({ ...place, id });
  }
  for (const [index, segment] of segments.entries()) {
    const place = { kind: segment.kind, turn: segment.turn, segment: index };
    const silent = { ...place, ...UNTRAINED };
    const trained = { ...place, ...UNTRAINED, role: ROLES[segment.kind] };
    const isJoined = sharesTurn(segments[index - 1], segment, format);
    write(isJoined ? '\n' : turnHeader(format, segment), silent);
    const said = segment.tokens
      ? sampledTokens(segment.tokens)
      : bodyIds(segment, tokenizer, { format, specials: specials[ownerOf(segment)] }).map((id) => ({
          id,
        }));
    for (const token of said) tokens.push({ ...trained, ...token });
    if (sharesTurn(segment, segments[index + 1], format)) continue;
    if (said.at(-1)?.id !== end) tokens.push({ ...trained, id: end });
    for (const id of afterEnd) tokens.push({ ...silent, id });
  }
  if (addGenerationPrompt) {
    const place = { kind: 'policy' as const, turn: segments.at(-1)?.turn ?? 0, segment: -1 };
    write(turnHeader(format, { speaker: 'assistant', kind: 'policy' }), { ...place, ...UNTRAINED });
  }
  return columns(tokens);
}

interface Token {
  id: number;
  role: TokenRole;
  kind: Segment['kind'];
  turn: number;
  segment: number;
  sampled: 0 | 1;
  logprob: number;
  behaviorLogprob: number;
  kept: Int32Array | undefined;
}

const UNTRAINED = {
  role: 'ignore',
  sampled: 0,
  logprob: Number.NaN,
  behaviorLogprob: Number.NaN,
  kept: undefined,
} as const;

/** The format's own marks are control tokens, whatever the tokenizer's config says. */
const PARSED = { verbatim: false } as const;

const ROLES: Record<Segment['kind'], TokenRole> = {
  prompt: 'ignore',
  policy: 'assistant',
  environment: 'environment',
};

/** Neighbouring answers of tools share one turn where each has marks of its own. */
function sharesTurn(
  before: Segment | undefined,
  after: Segment | undefined,
  format: TurnFormat,
): boolean {
  return (
    format.toolWrapper !== undefined && before?.speaker === 'tool' && after?.speaker === 'tool'
  );
}

/** Whose rule for special tokens a text follows: what a policy said is the assistant's, feedback never is. */
function ownerOf({ speaker, kind }: Segment): Segment['speaker'] {
  if (kind === 'policy') return 'assistant';
  return kind === 'environment' && speaker === 'assistant' ? 'user' : speaker;
}

function bodyIds(
  { speaker, text }: Segment,
  tokenizer: Tokenizer,
  { format, specials }: { format: TurnFormat; specials: Specials },
): number[] {
  const [before, after] = (speaker === 'tool' && format.toolWrapper) || ['', ''];
  const range = [before.length, before.length + text.length] as const;
  const verbatim = specials === 'split' ? [range] : false;
  return tokenizer.encode(before + text + after, { verbatim });
}

function sampledTokens(
  tokens: NonNullable<Segment['tokens']>,
): Pick<Token, 'id' | 'sampled' | 'logprob' | 'behaviorLogprob' | 'kept'>[] {
  const { ids, logprobs, samplingMask, behaviorLogprobs = tokens.samplingLogprobs } = tokens;
  return Array.from(ids, (id, i) => ({
    id,
    sampled: 1,
    logprob: logprobs?.[i] ?? Number.NaN,
    behaviorLogprob: behaviorLogprobs?.[i] ?? Number.NaN,
    kept: samplingMask && keptAt(samplingMask, i),
  }));
}

const KINDS: readonly Segment['kind'][] = ['prompt', 'policy', 'environment'];

function checkSegment(segment: Segment, index: number): void {
  const where = `renderSegments: segment ${index}`;
  const fail = (what: string): never => {
    throw new Qwen3Error('option', `${where}: ${what}.`);
  };
  if (typeof segment !== 'object' || segment === null)
    fail(`must be one, got ${showValue(segment)}`);
  const { speaker, kind, turn, text, tokens } = segment;
  checkChoice(`${where}: speaker`, speaker, SPEAKERS);
  checkChoice(`${where}: kind`, kind, KINDS);
  if (!Number.isInteger(turn)) fail(`turn must be a whole number, got ${showValue(turn)}`);
  if (tokens === undefined || tokens === null) {
    if (typeof text !== 'string') fail(`text must be a text, got ${showValue(text)}`);
    return;
  }
  checkWholeNumbers(`${where}: tokens.ids`, tokens.ids, { below: INT32 });
  checkMask(`${where}: tokens.samplingMask`, tokens.samplingMask, tokens.ids);
  for (const name of ['logprobs', 'behaviorLogprobs', 'samplingLogprobs'] as const) {
    const values = tokens[name];
    if (values === undefined || values === null || values.length === tokens.ids.length) continue;
    fail(
      `tokens.${name} must have one entry per id (${tokens.ids.length}), got ${values.length ?? showValue(values)}`,
    );
  }
}

function columns(tokens: readonly Token[]): RenderedSegments {
  const behaviorLogprobs = Float32Array.from(tokens, (token) => token.behaviorLogprob);
  const isMasked = tokens.some(({ kept }) => kept !== undefined);
  return {
    ...(isMasked && { samplingMask: joinMask(tokens.map(({ kept }) => kept ?? [])) }),
    ids: Int32Array.from(tokens, ({ id }) => id),
    roles: tokens.map(({ role }) => role),
    kinds: tokens.map(({ kind }) => kind),
    turns: Int32Array.from(tokens, ({ turn }) => turn),
    segments: Int32Array.from(tokens, ({ segment }) => segment),
    sampled: Uint8Array.from(tokens, ({ sampled }) => sampled),
    logprobs: Float32Array.from(tokens, ({ logprob }) => logprob),
    behaviorLogprobs,
    samplingLogprobs: behaviorLogprobs,
  };
}
