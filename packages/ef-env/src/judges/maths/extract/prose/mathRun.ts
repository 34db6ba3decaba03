/** A stretch of prose that is mathematics: as long as it goes, so that no part of it is taken for the whole. */
export interface MathRun {
  readonly text: string;
  /** It goes on in words (`5 × width`), or is a sequence without commas: no answer. */
  readonly broken: boolean;
  /** It stands in a remark in brackets. */
  readonly aside: boolean;
  /** It stands at the beginning of the text. */
  readonly leading: boolean;
}

/** A run and where it stands among the tokens. */
export interface Piece extends MathRun {
  /** Index of its first token. */
  readonly first: number;
  /** Index after its last token. */
  readonly end: number;
}
