/** Whose numbers to reproduce where implementations of the field disagree. */
export type Convention = (typeof CONVENTIONS)[number];

/** Their names, for the checks of options. */
export const CONVENTIONS = ['trl', 'verl', 'skyrl', 'openrlhf', 'mlx'] as const;
