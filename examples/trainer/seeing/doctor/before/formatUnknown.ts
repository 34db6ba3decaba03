import type { BeforeRun, Check } from '../check.ts';

/** A chat format whose marks the tokenizer cuts into pieces is text that the model never saw. */
export const formatUnknown: Check<Pick<BeforeRun, 'missingTokens' | 'settings'>> = ({
  missingTokens,
  settings,
}) => {
  if (missingTokens.length === 0) return undefined;
  return `the chat format does not match the tokenizer: ${settings.format === 'auto' ? 'the format of this model' : `'${settings.format}'`} is written with ${missingTokens.join(', ')}, which this tokenizer does not have as one token. Give --format the one that the model was trained with.`;
};
