/** Whose numbers to reproduce where implementations of the field disagree. */
export type Convention = 'trl' | 'verl' | 'skyrl' | 'openrlhf' | 'mlx';
