import type { Template } from '@huggingface/jinja';
import { Qwen3Error } from '../base/errors.ts';

/** Something of Jinja that the library does otherwise than Python without saying so. */
interface Fault {
  what: string;
  /** Does a template use it? */
  uses: RegExp;
  /** A template that shows it, and what Python makes of it. */
  probe: string;
  expected: string;
}

/** Compared with Jinja 3.1 as transformers sets it up. What the library does not know at all is an error when it renders. */
const FAULTS: readonly Fault[] = [
  ...['strip', 'lstrip', 'rstrip'].map((name) => ({
    what: `${name}('…')`,
    uses: new RegExp(`\\.\\s*${name}\\s*\\(\\s*[^)\\s]`),
    probe: `{{ 'x a x'.${name}('x') }}`,
    expected: { strip: ' a ', lstrip: ' a x', rstrip: 'x a ' }[name]!,
  })),
  {
    what: 'capitalize()',
    uses: /\.\s*capitalize\s*\(/,
    probe: "{{ 'aBC'.capitalize() }}",
    expected: 'Abc',
  },
];

/**
 * @throws {Qwen3Error} `unsupported` if the template uses something that this version of the library gets wrong: its
 * prompts would differ from those the model knows by blanks or letters.
 */
export function checkTemplateFaults(
  caller: string,
  source: string,
  library: { Template: typeof Template },
): void {
  const fault = FAULTS.find(
    ({ uses, probe, expected }) =>
      uses.test(source) && new library.Template(probe).render({}) !== expected,
  );
  if (!fault) return;
  const isQwen3 = source.includes('</think>') && source.includes('<|im_start|>');
  const advice = isQwen3
    ? "It looks like Qwen3's own, which renderChat and encodeChat write."
    : 'Give createChatTemplate a template without it, or write the turns with renderSegments.';
  throw new Qwen3Error(
    'unsupported',
    `${caller}: the chat template uses ${fault.what}, which @huggingface/jinja takes otherwise than Python: ${fault.probe} is '${fault.expected}' there. ${advice}`,
  );
}
