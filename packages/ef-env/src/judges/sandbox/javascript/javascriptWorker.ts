// Entry of the worker that javascriptSandbox starts; the package's `./javascriptWorker`.
import { missingPeer } from '../../../base/missingPeer.ts';
import { serveRuns } from '../serveRuns.ts';
import { javascriptRealms } from './javascriptRealms.ts';
import { runJavascript } from './runJavascript.ts';

void serveRuns(async ({ memoryMb }) => {
  const newRealm = await javascriptRealms(await loadQuickJs(), memoryMb);
  return (request, send) => runJavascript(request, newRealm, send);
});

async function loadQuickJs(): Promise<typeof import('quickjs-emscripten')> {
  try {
    return await import('quickjs-emscripten');
  } catch (error) {
    throw missingPeer(error, 'quickjs-emscripten', 'javascriptSandbox');
  }
}
