import type { Control } from './control.ts';

const VALUES = { l: 'learningRate', b: 'beta', t: 'temperature', a: 'alpha' } as const;
const COMMANDS = { p: 'pause', g: 'resume', n: 'step', s: 'snapshot' } as const;

export const KEYS =
  'keys: p pause, g go on, n one update, l/b/t/a new learning rate/beta/temperature/alpha, s snapshot, r roll back, Ctrl-C save and stop';

/**
 * Live control by keys: turns what is typed into commands. A key that wants a value collects digits up to Enter; Escape
 * forgets it.
 *
 * @param say - Prints a line above the progress bar.
 */
export function readKeys(control: Control, say: (text: string) => void): (typed: string) => void {
  let asked: string | undefined;
  let text = '';
  const submit = (command: object): void => {
    try {
      control.submit(command);
    } catch (error) {
      say((error as Error).message);
    }
  };
  const end = (): void => {
    if (asked !== undefined) submit({ do: 'set', [asked]: Number(text) });
    asked = undefined;
  };
  const begin = (key: string): void => {
    if (key in COMMANDS) submit({ do: COMMANDS[key as keyof typeof COMMANDS] });
    else if (key in VALUES) {
      [asked, text] = [VALUES[key as keyof typeof VALUES], ''];
      say(`${asked}: type a number, then Enter`);
    } else if (key === 'r') {
      const [, before] = control.view()?.checkpoints ?? [];
      if (before === undefined) say('there is no checkpoint before the newest one');
      else submit({ do: 'rollBack', checkpoint: before });
    } else say(KEYS);
  };
  return (typed) => {
    for (const key of typed) {
      if (key === '\u0003')
        process.kill(process.pid, 'SIGINT'); // raw mode does not
      else if (key === '\u001b') asked = undefined;
      else if (asked === undefined) begin(key);
      else if (key === '\r' || key === '\n') end();
      else text += key;
    }
  };
}

/** Listens to the terminal, if there is one. */
export function listenToKeys(control: Control, say: (text: string) => void): void {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) return;
  const onTyped = readKeys(control, say);
  stdin.setRawMode(true);
  stdin.setEncoding('utf8');
  stdin.on('data', onTyped);
  stdin.unref(); // the run ends without it
  process.on('exit', () => stdin.setRawMode(false));
  say(KEYS);
}
