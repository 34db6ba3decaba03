import cliProgress from 'cli-progress';
import { createEta } from './eta.ts';

/** What the user sees while a stage runs: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  start(label: string, total: number, begun?: Begun): void;
  /** `text` is the state in a few words, e.g. the loss. */
  update(done: number, text: string): void;
  /** A line that stays. */
  line(text: string): void;
  stop(): void;
}

/** Where a stage begins that was interrupted, and what comes after it. */
export interface Begun {
  /** Units that were done before; they took none of the time that is measured now. Default 0. */
  done?: number | undefined;
  /** Stages that follow, by name. Default: none. */
  next?: readonly string[] | undefined;
}

export function createProgress(): Progress {
  return process.stdout.isTTY ? barProgress() : lineProgress();
}

function barProgress(): Progress {
  const format = '{label} {bar} {value}/{total} {text} | {left}';
  const bars = new cliProgress.MultiBar(
    { format, barsize: 20, hideCursor: true, stream: process.stdout, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  let bar: cliProgress.SingleBar | undefined;
  let clock = createEta({ total: 0 });
  const clear = (): void => {
    if (bar) bars.remove(bar);
    bar = undefined;
  };
  return {
    start: (label, total, { done = 0, next } = {}) => {
      clear();
      clock = createEta({ total, done, next });
      bar = bars.create(total, done, { label: label.padEnd(18), text: '', left: clock(done) });
    },
    update: (done, text) => bar?.update(done, { text, left: clock(done) }),
    line: (text) => {
      if (bar) bars.log(`${text}\n`);
      else process.stdout.write(`${text}\n`);
    },
    stop: () => {
      clear();
      bars.stop();
    },
  };
}

/** Longest silence between two lines, seconds. */
const LINE_EVERY = 5;

interface LineProgressOptions {
  /** Default stdout. */
  write?: ((line: string) => void) | undefined;
  /** Milliseconds. Default `performance.now`. */
  now?: (() => number) | undefined;
}

/** Plain lines, one every few seconds, and one at the end of a stage. */
export function lineProgress({
  write = (line) => process.stdout.write(line),
  now = () => performance.now(),
}: LineProgressOptions = {}): Progress {
  let label = '';
  let total = 0;
  let last = 0;
  let clock = createEta({ total: 0, now });
  return {
    start: (name, count, { done, next } = {}) => {
      [label, total, last] = [name, count, now()];
      clock = createEta({ total, done, next, now });
    },
    update: (done, text) => {
      if (done < total && now() - last < LINE_EVERY * 1000) return;
      last = now();
      write(`${label} ${done}/${total} ${text} | ${clock(done)}\n`);
    },
    line: (text) => write(`${text}\n`),
    stop: () => {},
  };
}
