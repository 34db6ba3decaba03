import type { Interpreter } from '../serveRuns.ts';
import type { TestReport, WorkerMessage } from '../workerMessages.ts';
import { type PythonStream, pythonFiles } from './pythonFiles.ts';
import type { PythonImage } from './pythonImage.ts';
import { pythonMachine } from './pythonMachine.ts';
import { pythonSystem } from './pythonSystem.ts';
import { pythonTest } from './pythonTest.ts';
import { pythonValues } from './pythonValues.ts';

/** A worker whose memory has grown beyond this is replaced: WebAssembly gives no memory back. */
const KEEP_BYTES = 2 ** 26;

/** Runs programs on an image: each test starts from the same bytes of memory. */
export function runPython(image: PythonImage): Interpreter {
  const files = pythonFiles(image.library);
  let print: (stream: PythonStream, bytes: Uint8Array) => void = () => {};
  const system = pythonSystem(image.module, files, (stream, bytes) => print(stream, bytes));
  const machine = pythonMachine(image, system);
  const values = pythonValues(machine.api, system.memory, image.scratch);
  return (request, send) => {
    let reusable = true;
    const printer = pythonPrinter(request.outputBytes, send);
    print = printer.print;
    for (const input of request.inputs) {
      const attempt = (wide: boolean): TestReport | 'memory' | 'narrow' => {
        machine.reset();
        files.reset(request.mode === 'stdio' ? input : '');
        send({ kind: 'started' });
        return unlessStackOverflow(() =>
          pythonTest(values, image.objects, { ...request, input, wide }),
        );
      };
      printer.beginTest();
      let report = attempt(false);
      if (report === 'narrow') {
        printer.beginTest();
        send({ kind: 'restarted' });
        report = attempt(true);
      }
      printer.endTest();
      if (typeof report === 'string') return send({ kind: 'memory' });
      send({ kind: 'tested', ...report });
      reusable &&= !system.refusedMemory() && machine.memoryBytes() <= KEEP_BYTES;
    }
    send({ kind: 'finished', reusable });
  };
}

/** The engine's stack may end before CPython's own limit, in browsers above all. */
function unlessStackOverflow<Report>(test: () => Report): Report | TestReport {
  try {
    return test();
  } catch (error) {
    if (!/call stack|recursion/.test(String(error))) throw error;
    const message = 'maximum recursion depth exceeded';
    return { result: null, exception: { name: 'RecursionError', message, line: null } };
  }
}

/** Sends what a program prints; stops the program when that is more than the host takes. */
function pythonPrinter(
  outputBytes: number,
  send: (message: WorkerMessage) => void,
): {
  print(stream: PythonStream, bytes: Uint8Array): void;
  /** Forgets what the test printed so far, if it begins again. */
  beginTest(): void;
  endTest(): void;
} {
  const decoder = () => new TextDecoder('utf-8', { ignoreBOM: true });
  const fresh = () => ({ stdout: decoder(), stderr: decoder() });
  let decoders = fresh(); // a character may come in two pieces
  let left = outputBytes;
  let leftBefore = left;
  const sendText = (stream: PythonStream, text: string): void => {
    if (text !== '') send({ kind: 'output', stream, text });
  };
  return {
    print: (stream, bytes) => {
      const piece = bytes.slice(0, left + 1);
      left -= piece.length;
      const isTooMuch = left < 0; // then a cut character is sent too, for the host counts what it gets
      sendText(stream, decoders[stream].decode(piece, { stream: !isTooMuch }));
      if (isTooMuch) throw new Error('pythonSandbox: the program printed too much.');
    },
    beginTest: () => {
      decoders = fresh();
      left = leftBefore;
    },
    endTest: () => {
      sendText('stdout', decoders.stdout.decode());
      sendText('stderr', decoders.stderr.decode());
      leftBefore = left;
    },
  };
}
