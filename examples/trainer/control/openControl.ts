import { type Control, createControl } from './control.ts';
import { listenToKeys } from './controlKeys.ts';
import { openControlServer } from './controlServer.ts';

/**
 * Live control by the keys of the terminal, if there is one, and by a page, if a port was given.
 *
 * @param say - Prints a line above the progress bar.
 */
export async function openControl(
  port: number | undefined,
  say: (text: string) => void,
): Promise<Control> {
  const control = createControl();
  listenToKeys(control, say);
  if (port !== undefined) say(`Live control: ${(await openControlServer(control, port)).url}`);
  return control;
}
