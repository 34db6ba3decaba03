/** What went wrong, for `switch (error.code)`. */
export type EfEnvErrorCode =
  /** An option has a value that cannot work. */
  | 'option'
  /** A task, or something an environment returned, has the wrong shape. */
  | 'task'
  /** A stored trajectory is not of this format or version. */
  | 'format'
  /** A policy returned something else than it was asked for. */
  | 'policy'
  /** A step took longer than its limit. */
  | 'timeout'
  /** An optional package is needed and not installed; the message says which. */
  | 'missing-peer'
  /** Node has it and browsers do not, or the other way round. */
  | 'platform'
  /** A sandbox could not be started or was disposed; never the fault of the program it was to run. */
  | 'sandbox'
  /** A server refused, answered something else than its protocol says, or went away. */
  | 'server';

/** The only error class this package throws. Messages say what must hold, what came and what to do. */
export class EfEnvError extends Error {
  readonly code: EfEnvErrorCode;

  constructor(code: EfEnvErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EfEnvError';
    this.code = code;
  }
}
