import { checkChoice, checkOptionNames } from '../base/optionChecks.ts';
import type { Segment } from './segment.ts';

/**
 * What added tokens that are written out in a text (`<|im_end|>`, `<think>`) become: ordinary text (`'split'`), or
 * their ids (`'parse'`), with which text of others could close its turn and open another.
 */
export type Specials = 'split' | 'parse';

/** One choice for all texts, or one per speaker. Default: `'parse'` for the assistant, `'split'` for all others. */
export type SpecialsOption = Specials | Partial<Record<Segment['speaker'], Specials | undefined>>;

export const SPEAKERS: readonly Segment['speaker'][] = ['system', 'user', 'assistant', 'tool'];

const CHOICES: readonly Specials[] = ['split', 'parse'];

/** @throws {Qwen3Error} `option` for another choice or speaker. */
export function readSpecials(
  caller: string,
  option: SpecialsOption = {},
): Record<Segment['speaker'], Specials> {
  if (typeof option !== 'object' || option === null) {
    checkChoice(`${caller}: specials`, option, CHOICES);
    return { system: option, user: option, assistant: option, tool: option };
  }
  checkOptionNames(`${caller}: specials`, option, SPEAKERS);
  const { system = 'split', user = 'split', assistant = 'parse', tool = 'split' } = option;
  const choices = { system, user, assistant, tool };
  for (const [speaker, choice] of Object.entries(choices)) {
    checkChoice(`${caller}: specials.${speaker}`, choice, CHOICES);
  }
  return choices;
}
