import cliProgress from 'cli-progress';

/** What the user sees while a stage runs: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  start(label: string, total: number): void;
  /** `text` is the state in a few words, e.g. the loss. */
  update(done: number, text: string): void;
  /** A line that stays. */
  line(text: string): void;
  stop(): void;
}

export function createProgress(): Progress {
  return process.stdout.isTTY ? barProgress() : lineProgress();
}

function barProgress(): Progress {
  const format = '{label} {bar} {value}/{total} {text} | {eta_formatted} left';
  const bars = new cliProgress.MultiBar(
    { format, barsize: 20, hideCursor: true, stream: process.stdout, gracefulExit: false },
    cliProgress.Presets.shades_classic,
  );
  let bar: cliProgress.SingleBar | undefined;
  const clear = (): void => {
    if (bar) bars.remove(bar);
    bar = undefined;
  };
  return {
    start: (label, total) => {
      clear();
      bar = bars.create(total, 0, { label: label.padEnd(18), text: '' });
    },
    update: (done, text) => bar?.update(done, { text }),
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

function lineProgress(): Progress {
  let label = '';
  let total = 0;
  let started = 0;
  let last = 0;
  const line = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  return {
    start: (name, count) => {
      [label, total, started, last] = [name, count, performance.now(), performance.now()];
    },
    update: (done, text) => {
      const now = performance.now();
      if (done < total && now - last < LINE_EVERY * 1000) return;
      last = now;
      const left = done === 0 ? 0 : ((now - started) / done) * (total - done);
      line(`${label} ${done}/${total} ${text} | ${Math.round(left / 1000)} s left`);
    },
    line,
    stop: () => {},
  };
}
