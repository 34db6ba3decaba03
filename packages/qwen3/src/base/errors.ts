/**
 * What went wrong, to branch on.
 *
 * - `option`: a value the function cannot take
 * - `shape`: sizes that do not fit together
 * - `config`: `config.json` (or `adapter_config.json`) is missing a value or contradicts itself
 * - `unsupported`: a valid model or adapter that this version cannot run
 * - `checkpoint`: a weights file that is damaged or belongs to another model
 * - `tokenizer`: `tokenizer.json` is missing, damaged or lacks a token
 * - `not-finite`: logits are NaN or infinite where tokens are to be drawn
 * - `missing-peer`: an optional package that this call needs is not installed
 * - `io`: the file system refused (missing folder, no permission, disk full)
 */
export type Qwen3ErrorCode =
  | 'option'
  | 'shape'
  | 'config'
  | 'unsupported'
  | 'checkpoint'
  | 'tokenizer'
  | 'not-finite'
  | 'missing-peer'
  | 'io';

/** Names and paths come from files: a damaged one must not fill the screen. */
const MAX_MESSAGE = 1000;

/**
 * Every error this package throws on purpose. The message says what must hold, what came, and what to do; of a very
 * long one the middle is left out.
 */
export class Qwen3Error extends Error {
  override readonly name = 'Qwen3Error';
  readonly code: Qwen3ErrorCode;

  constructor(code: Qwen3ErrorCode, message: string, options?: ErrorOptions) {
    super(shortened(message), options);
    this.code = code;
  }
}

function shortened(message: string): string {
  if (message.length <= MAX_MESSAGE) return message;
  const half = MAX_MESSAGE / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}
