/** Words separated by blanks, to be asked for one by one: cheaper at first use than a pattern of alternatives. */
export const wordSet = (words: string): ReadonlySet<string> => new Set(words.split(' '));
