import { type Budget, MathLimit } from '../../../numbers/budget.ts';
import type { MathNode } from './node.ts';
import { NotMath } from './notMath.ts';
import type { Token } from './tokenize.ts';

/** Nesting beyond this is refused: recursion must not overflow the stack. */
const MAX_DEPTH = 120;

/** The rules that the lower parts of the grammar call back into; see parseMath.ts. */
export interface Grammar {
  relation(stream: TokenStream): MathNode;
  expression(stream: TokenStream): MathNode;
  product(stream: TokenStream): MathNode;
}

/** What the parser of a formula reads from, and where it is. */
export interface TokenStream {
  readonly grammar: Grammar;
  peek(ahead?: number): Token | undefined;
  next(): Token;
  /** Takes the next token if it is the mark or command `text`. */
  take(text: string): boolean;
  /** Whether the next token is the mark or command `text`. */
  at(text: string): boolean;
  /** Whether the next token is one of these marks or commands. */
  atAny(texts: readonly string[]): boolean;
  expect(text: string): void;
  /** Replaces the token just read by `token`, to be read again. */
  unread(token: Token): void;
  position(): number;
  rewind(position: number): void;
  /** One level deeper, and back. @throws {MathLimit} */
  enter(): void;
  leave(): void;
  /** Inside `|...|`, where a bar closes. */
  bars: number;
  /** Inside `\{...\}`, where a colon or bar begins a condition. */
  sets: number;
}

/** The text of a mark or command. */
const signOf = (token: Token | undefined): string | null =>
  token !== undefined && (token.kind === 'mark' || token.kind === 'command') ? token.text : null;

export function createTokenStream(
  source: readonly Token[],
  budget: Budget,
  grammar: Grammar,
): TokenStream {
  const tokens = [...source];
  let index = 0;
  let depth = 0;
  return {
    grammar,
    bars: 0,
    sets: 0,
    peek(ahead = 0) {
      return tokens[index + ahead];
    },
    next() {
      budget.spend();
      const token = tokens[index];
      if (token === undefined) throw new NotMath('the formula ends too early');
      index += 1;
      return token;
    },
    take(text) {
      if (signOf(tokens[index]) !== text) return false;
      index += 1;
      return true;
    },
    at(text) {
      return signOf(tokens[index]) === text;
    },
    atAny(texts) {
      const sign = signOf(tokens[index]);
      return sign !== null && texts.includes(sign);
    },
    expect(text) {
      if (!this.take(text)) throw new NotMath(`'${text}' is missing`);
    },
    unread(token) {
      index -= 1;
      tokens[index] = token;
    },
    position() {
      return index;
    },
    rewind(position) {
      index = position;
    },
    enter() {
      depth += 1;
      if (depth > MAX_DEPTH) throw new MathLimit('nested too deeply');
    },
    leave() {
      depth -= 1;
    },
  };
}
