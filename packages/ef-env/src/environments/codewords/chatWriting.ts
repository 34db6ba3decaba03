import type { SaidStep } from './codewordsMistake.ts';

/** A chain as an English conversation writes it. */
export interface ChatChain {
  digits: string;
  /** What is asked: code words, or the names of operations. */
  words: readonly string[];
  /** Said before the question, such as what words mean here. */
  before?: string | undefined;
}

/** The question, with the form that an answer has to have. */
export function chatQuestion({ digits, words, before }: ChatChain): string {
  const asked = `Start with ${digits} and apply: ${words.join(', ')}. Write one line for each word, as "word: rule digits", then "Answer: digits".`;
  return before === undefined ? asked : `${before} ${asked}`;
}

/** An answer in that form. */
export function chatSolution(steps: readonly Required<SaidStep>[]): string {
  const lines = steps.map(({ word, meaning, digits }) => `${word}: ${meaning} ${digits}`);
  return [...lines, `Answer: ${steps.at(-1)?.digits}`].join('\n');
}

const STEP = /^\s*(\w+)\s*:\s*(\w+)\s+(\d+)\s*$/;
const ANSWER = /^\s*answer\s*:\s*(\d+)\s*\.?\s*$/i;

/** Steps and answer of an attempt; the last answer counts. Lines that are neither are left out. */
export function readChat(text: string): { steps: SaidStep[]; answer: string | null } {
  const lines = text.split('\n');
  const steps = lines.flatMap((line) => {
    const [, word, meaning, digits] = STEP.exec(line) ?? [];
    return word === undefined ? [] : [{ word, meaning, digits }];
  });
  const answers = lines.flatMap((line) => ANSWER.exec(line)?.[1] ?? []);
  return { steps, answer: answers.at(-1) ?? null };
}
