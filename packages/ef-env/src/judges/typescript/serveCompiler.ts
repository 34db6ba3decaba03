import { EfEnvError } from '../../base/errors.ts';
import { missingPeer } from '../../base/missingPeer.ts';
import type { WorkerPort } from '../../platform/platform.ts';
import type {
  CheckAnswer,
  CheckRequest,
  CompilerSetup,
  CompilerSetupAnswer,
} from './compilerMessages.ts';
import { openCompiler } from './openCompiler.ts';

/** The worker's side of a compiler: answers the setup, then each check, one at a time. */
export function serveCompiler(port: WorkerPort): void {
  let check: ReturnType<typeof openCompiler> | undefined;
  const setUp = async (setup: CompilerSetup): Promise<CompilerSetupAnswer> => {
    try {
      const loaded = await import('typescript');
      check = openCompiler(loaded.default ?? loaded, setup); // a bundler may leave out the default
      return { kind: 'ready' };
    } catch (thrown) {
      const error = missingPeer(thrown, 'typescript', 'typescriptCompiler');
      const code = error instanceof EfEnvError ? error.code : 'sandbox';
      return {
        kind: 'refused',
        code,
        message: error instanceof Error ? error.message : `${error}`,
      };
    }
  };
  const answer = (request: CheckRequest): CheckAnswer => {
    try {
      return { kind: 'checked', diagnostics: check?.(request) ?? [] };
    } catch (error) {
      return { kind: error instanceof RangeError ? 'too-deep' : 'crash' };
    }
  };
  port.listen(async (message) => {
    const request = message as CompilerSetup | CheckRequest; // only typescriptCompiler writes here
    port.post(request.kind === 'setup' ? await setUp(request) : answer(request));
  });
}
