import { type Budget, MathLimit } from './budget.ts';
import type { MathNode } from './node.ts';
import type { Token } from './tokenize.ts';

/** Thrown where the text is no formula; never leaves `graders/math`. */
export class NotMath extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'NotMath';
  }
}

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
  at(...texts: string[]): boolean;
  expect(text: string): void;
  /** Replaces the token just read by `token`, to be read again. */
  unread(token: Token): void;
  position(): number;
  rewind(position: number): void;
  /** Runs `parse` one level deeper. @throws {MathLimit} */
  nested<T>(parse: () => T): T;
  /** Inside `|...|`, where a bar closes. */
  bars: number;
  /** Inside `\{...\}`, where a colon or bar begins a condition. */
  sets: number;
}

export function createTokenStream(
  source: readonly Token[],
  budget: Budget,
  grammar: Grammar,
): TokenStream {
  const tokens = [...source];
  let index = 0;
  let depth = 0;
  const isSign = (token: Token | undefined, text: string): boolean =>
    token !== undefined &&
    token.text === text &&
    (token.kind === 'mark' || token.kind === 'command');
  const stream: TokenStream = {
    grammar,
    peek: (ahead = 0) => tokens[index + ahead],
    next: () => {
      budget.spend();
      const token = tokens[index];
      if (token === undefined) throw new NotMath('the formula ends too early');
      index += 1;
      return token;
    },
    take: (text) => {
      if (!isSign(tokens[index], text)) return false;
      index += 1;
      return true;
    },
    at: (...texts) => texts.some((text) => isSign(tokens[index], text)),
    expect: (text) => {
      if (!stream.take(text)) throw new NotMath(`'${text}' is missing`);
    },
    unread: (token) => {
      index -= 1;
      tokens[index] = token;
    },
    position: () => index,
    rewind: (position) => {
      index = position;
    },
    nested: (parse) => {
      depth += 1;
      if (depth > MAX_DEPTH) throw new MathLimit('nested too deeply');
      const result = parse();
      depth -= 1;
      return result;
    },
    bars: 0,
    sets: 0,
  };
  return stream;
}
