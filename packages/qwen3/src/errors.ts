/**
 * What went wrong, to branch on.
 *
 * - `option`: a value the function cannot take
 * - `shape`: sizes that do not fit together
 * - `config`: `config.json` (or `adapter_config.json`) is missing a value or contradicts itself
 * - `unsupported`: a valid model or adapter that this version cannot run
 * - `checkpoint`: a weights file that is damaged or belongs to another model
 * - `tokenizer`: `tokenizer.json` is missing, damaged or lacks a token
 * - `io`: the file system refused (missing folder, no permission, disk full)
 */
export type Qwen3ErrorCode =
  | 'option'
  | 'shape'
  | 'config'
  | 'unsupported'
  | 'checkpoint'
  | 'tokenizer'
  | 'io';

/** Every error this package throws on purpose. The message says what must hold, what came, and what to do. */
export class Qwen3Error extends Error {
  override readonly name = 'Qwen3Error';
  readonly code: Qwen3ErrorCode;

  constructor(code: Qwen3ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
