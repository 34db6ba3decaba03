import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that does the work when asked: our engine in one of its modes, or a peer. */
export interface Contender {
  /** Variants that are ready to run. */
  readonly ready: readonly string[];
  /** Variants that could not be prepared -> why. */
  readonly failed: Readonly<Record<string, string>>;
  /** Of its process. */
  readonly pid: number | undefined;
  /** Ours: file name of the kernels. */
  readonly library: string | undefined;
  /** Seconds of one call, the mean over `repeats`. */
  run(variant: string, repeats: number): Promise<number>;
  stop(): void;
}

interface Message {
  ready?: string[];
  failed?: Record<string, string>;
  library?: string;
  seconds?: number;
}

/**
 * Starts a contender and waits until its variants are warm. Lines that begin with `@` are the protocol
 * (see `peers/serve.py`), everything else it prints is noise of its libraries.
 */
export async function startContender(
  command: readonly [string, ...string[]],
  environment: Record<string, string> = {},
): Promise<Contender> {
  const [file, ...args] = command;
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', ...environment },
  });
  const messages = readMessages(child);
  const { ready = [], failed = {}, library } = await messages.next();
  return {
    ready,
    failed,
    pid: child.pid,
    library,
    async run(variant, repeats) {
      child.stdin.write(`${JSON.stringify({ variant, repeats })}\n`);
      const { seconds } = await messages.next();
      if (seconds === undefined) throw new Error(`contender: no time came back for ${variant}`);
      return seconds;
    },
    stop() {
      child.stdin.end();
      child.kill();
    },
  };
}

function readMessages(child: ChildProcess): { next(): Promise<Message> } {
  const waiting: { resolve: (message: Message) => void; reject: (error: Error) => void }[] = [];
  const arrived: Message[] = [];
  let tail = '';
  let ended: Error | undefined;
  const noise = (text: string): void => {
    tail = (tail + text).slice(-2000);
  };
  child.stderr?.setEncoding('utf8').on('data', noise);
  createInterface({ input: child.stdout! }).on('line', (line) => {
    if (!line.startsWith('@')) return noise(`${line}\n`);
    const message = JSON.parse(line.slice(1)) as Message; // our own protocol
    const next = waiting.shift();
    if (next) next.resolve(message);
    else arrived.push(message);
  });
  const end = (why: string): void => {
    ended ??= new Error(`${why}\n${tail}`);
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  child.on('error', (error) => end(error.message));
  child.on('close', (code, signal) => end(`ended with ${signal ?? `exit code ${code}`}`));
  return {
    next: () =>
      new Promise((resolve, reject) => {
        const message = arrived.shift();
        if (message) resolve(message);
        else if (ended) reject(ended);
        else waiting.push({ resolve, reject });
      }),
  };
}
