import type { BeforeRun, Check } from '../check.ts';

/** A tokenizer puts the space before a word into the word's token: after a space the model has to go on in a way it never saw. */
export const promptEndsWithSpace: Check<Pick<BeforeRun, 'prompts'>> = ({ prompts }) => {
  const ending = prompts.filter(({ text }) => /[ \t]$/.test(text));
  const [first] = ending;
  if (first === undefined) return undefined;
  const end = JSON.stringify(first.text.slice(-24));
  const count =
    ending.length === prompts.length && ending.length > 1
      ? `all ${prompts.length} prompts end`
      : `${ending.length} of ${prompts.length} prompts ${ending.length === 1 ? 'ends' : 'end'}`;
  return `${count} with a space (the first with ${end}): the space belongs to the next word's token, so the model has to go on in a way it never saw. Remove it from the data.`;
};
