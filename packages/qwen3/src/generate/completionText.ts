import { Qwen3Error } from '../base/errors.ts';
import { checkFunction } from '../base/optionChecks.ts';
import { showValue } from '../base/showValue.ts';
import type { Tokenizer } from '../chat/createTokenizer.ts';

/** What the text of a completion is made with: a `Tokenizer`, or any object with its `decode`. */
export interface TextTokenizer {
  decode(ids: ArrayLike<number>): string;
  encode?: Tokenizer['encode'] | undefined;
}

/** What a decoder writes for bytes that are no character, or not all of one. */
const BROKEN = '\ufffd';
/** Bytes of a character that can be missing: so many tokens decide whether the one before them is broken. */
const UNDECIDED = 3;

/** @throws {Qwen3Error} `option` unless `stop` is a list of texts that are not empty, and `tokenizer` one. */
export function checkStop(
  caller: string,
  stop: unknown,
  tokenizer: TextTokenizer | undefined,
): asserts stop is readonly string[] {
  if (tokenizer !== undefined) checkFunction(`${caller}: tokenizer.decode`, tokenizer?.decode);
  const isText = (text: unknown): boolean => typeof text === 'string' && text !== '';
  if (!Array.isArray(stop) || !stop.every(isText)) {
    throw new Qwen3Error(
      'option',
      `${caller}: stop must be a list of texts that are not empty, got ${showValue(stop)}.`,
    );
  }
  if (stop.length > 0 && tokenizer === undefined) {
    throw new Qwen3Error(
      'option',
      `${caller}: stop needs tokenizer, to know the text of the ids. Give the one that made the prompts.`,
    );
  }
}

/**
 * The text of a completion while its tokens arrive. It ends before the first stop string, and has no half of a
 * character: bytes wait until they are one, and are left out where the completion ends before.
 */
export class CompletionText {
  /** Whether the ids so far have a stop string, and those without the last one did not. */
  isStopped = false;
  private readonly tokenizer: TextTokenizer;
  private readonly stop: readonly string[];
  private readonly longest: number;
  /** Text that stays as it is. */
  private settled = '';
  /** The last ids of it: what follows may be spelled as they ask. */
  private context: number[] = [];
  private pending: number[] = [];
  private taken = 0;

  constructor(tokenizer: TextTokenizer, stop: readonly string[]) {
    this.tokenizer = tokenizer;
    this.stop = stop;
    this.longest = Math.max(0, ...stop.map(({ length }) => length));
  }

  /** Takes in the next id; an end token is none of the text. */
  push(id: number): void {
    this.pending.push(id);
    const before = this.settled.length;
    const text = this.settled + this.textOf(this.pending);
    if (!text.endsWith(BROKEN)) this.settle(this.pending.length);
    else if (this.pending.length > UNDECIDED) this.settle(this.pending.length - UNDECIDED);
    const from = Math.max(0, before - this.longest);
    const places = this.stop.map((part) => text.indexOf(part, from)).filter((at) => at >= 0);
    if (places.length === 0) return;
    this.isStopped = true;
    this.settled = text.slice(0, Math.min(...places));
    this.pending = [];
  }

  /** Text that was not taken yet and will not change: without what may become a stop string. */
  take(): string {
    const isHeld = (length: number) =>
      this.stop.some((part) => part.startsWith(this.settled.slice(-length)));
    let held = this.isStopped ? 0 : Math.min(this.longest - 1, this.settled.length);
    while (held > 0 && !isHeld(held)) held--;
    const end = this.settled.length - Math.max(0, held);
    const text = this.settled.slice(this.taken, end);
    this.taken = Math.max(this.taken, end);
    return text;
  }

  /** Ends the text. @returns what was not taken yet */
  end(): string {
    let rest = this.textOf(this.pending);
    if (rest.endsWith(BROKEN) && !this.isSpelled()) rest = rest.slice(0, -1);
    this.settled += rest;
    this.pending = [];
    const text = this.settled.slice(this.taken);
    this.taken = this.settled.length;
    return text;
  }

  /** All of the text so far. */
  get text(): string {
    return this.settled;
  }

  private textOf(ids: readonly number[]): string {
    if (ids.length === 0) return '';
    const before = this.tokenizer.decode(Int32Array.from(this.context));
    return this.tokenizer.decode(Int32Array.from([...this.context, ...ids])).slice(before.length);
  }

  /** Lets the text of the first pending ids stay, unless those after them change it. */
  private settle(count: number): void {
    const head = this.textOf(this.pending.slice(0, count));
    if (!this.textOf(this.pending).startsWith(head)) return;
    this.settled += head;
    this.context = this.pending.slice(0, count);
    this.pending = this.pending.slice(count);
  }

  /** Whether the last ids spell U+FFFD itself. */
  private isSpelled(): boolean {
    const ids = Array.from(this.tokenizer.encode?.(BROKEN) ?? []);
    return ids.length > 0 && ids.join() === this.pending.slice(-ids.length).join();
  }
}

/** What decides the text of given ids. */
export interface CompletionTextOptions {
  tokenizer: TextTokenizer;
  /** An end of the last id is none of the text. */
  eosIds: readonly number[];
  /** Texts that end it: it ends before the first of them. Default none. */
  stop?: readonly string[] | undefined;
}

/**
 * The text of ids that were sampled elsewhere, as `generate` gives it: without the end token, up to a stop string, without
 * half a character at its end.
 *
 * @throws {Qwen3Error} `option` unless `stop` is a list of texts.
 *
 * @example
 * const tokenizer = { decode: (ids: ArrayLike<number>) => String.fromCharCode(...Array.from(ids)) };
 * completionText([72, 105, 46, 0], { tokenizer, eosIds: [0], stop: ['.'] }); // 'Hi'
 */
export function completionText(
  ids: ArrayLike<number>,
  { tokenizer, eosIds, stop = [] }: CompletionTextOptions,
): string {
  checkStop('completionText', stop, tokenizer);
  const text = new CompletionText(tokenizer, stop);
  for (let t = 0; t < ids.length && !text.isStopped; t++) {
    const isEnd = t === ids.length - 1 && eosIds.includes(ids[t]!);
    if (!isEnd) text.push(ids[t]!);
  }
  text.end();
  return text.text;
}
