/** A piece of prose with what it can be in a formula. */
export interface ProseToken {
  kind:
    | 'value' // a number, a letter of a formula, π, ∞
    | 'prefix' // √, sin, \frac
    | 'sign' // + - ±
    | 'dash' // – —
    | 'binary' // * / ^ = < ...
    | 'postfix' // % ° ² !
    | 'open'
    | 'close'
    | 'unit'
    | 'joint' // and, or, a comma
    | 'word'
    | 'end'; // of a sentence or line
  text: string;
  /** Blank space before it. */
  blank: boolean;
}

/** A number: the scanner needs to know it from the letters that are values too. */
export const isNumber = (token: ProseToken | undefined): boolean =>
  token?.kind === 'value' && /\d|[¼-¾⅐-⅞]/.test(token.text);

/** Whether a value can end with it. */
export const endsValue = (token: ProseToken | undefined): boolean =>
  token !== undefined && ['value', 'close', 'postfix', 'unit'].includes(token.kind);
