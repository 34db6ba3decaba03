import { Qwen3Error } from './errors.ts';

/**
 * What a lazy import failed with, for the user: the package to install. Errors of another kind than a missing
 * module are given back as they are.
 *
 * To be thrown in a `catch` block: a bundler forgives an import that it cannot resolve only inside `try`.
 */
export function missingPeer(error: unknown, name: string, purpose: string): unknown {
  const { code, message = '' } = error as { code?: string; message?: string }; // import() rejects with an Error
  const isMissing =
    code === 'ERR_MODULE_NOT_FOUND' ||
    code === 'MODULE_NOT_FOUND' ||
    /Cannot find (module|package)|Failed to resolve|Could not resolve/.test(message);
  if (!isMissing) return error;
  return new Qwen3Error(
    'missing-peer',
    `${purpose} needs the optional package '${name}', which is not installed. Run: npm install ${name}`,
  );
}
