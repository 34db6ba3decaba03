/** A piece of a calculation, or what is none. Offsets are UTF-16. */
export interface ArithmeticToken {
  kind: /** `text` is a plain decimal, `1234.5`, or one with an exponent, `1.5e3`. */
    | 'number'
    /** `text` is `+ - * / // %` or `**`. */
    | 'operator'
    | 'open'
    | 'close'
    | 'fraction'
    | 'percent'
    /** `text` is `=` or `≈`. */
    | 'equals'
    /** A value nobody can compute here: a variable, a function, a number that can be read in two ways. */
    | 'opaque'
    /** Words and punctuation: no part of a calculation. */
    | 'break';
  text: string;
  start: number;
  end: number;
}
