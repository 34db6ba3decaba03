import { readFileSync } from 'node:fs';

const read = (file: string): string =>
  readFileSync(new URL(`page/${file}`, import.meta.url), 'utf8');

/** The page of live control as one text: it asks for nothing but the state of its own server. */
export function controlPage(): string {
  const script = `<script>\n${read('control.js')}</script>`;
  return read('control.html').replace('<script src="control.js"></script>', () => script);
}
