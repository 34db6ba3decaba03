import {
  collect,
  createRandom,
  type Environment,
  FREE_WORDS,
  type Policy,
  type Random,
  type RetrievalTask,
  retrievalEnvironment,
  type Trajectory,
} from '@molrl/ef-env';

/** Two hops: the question names a word of the first eight, whose document names one of the next, whose document the answer. */
const eight = (start: number): readonly string[] => FREE_WORDS.slice(start, start + 8);
const [FROM, OVER, TO] = [eight(0), eight(8), eight(16)] as const;
const STEP = 3; // which word leads to which: any permutation
const after = (words: readonly string[], i: number): string => words[(i * STEP + 1) % 8]!;

// The second hops first: of documents that fit a query equally well the first is shown, which begins with the word.
const documents = [
  ...OVER.map((word, i) => ({ id: word, text: `${word} ${after(TO, i)}` })),
  ...FROM.map((word, i) => ({ id: word, text: `${word} ${after(OVER, i)}` })),
];

export const SEARCHES = 2;

/** `progress: 'none'`: the answer alone is paid. */
export const chains = (progress: 'evidence' | 'none'): Environment<RetrievalTask> =>
  retrievalEnvironment({
    ...{ name: 'chains', source: documents, k: 1, maxSearches: SEARCHES, feedback: 'none' },
    prompt: ({ question }) => question,
    ...(progress === 'none' && { progress: () => 0 }),
  });

export function chainTask(random: Random): RetrievalTask {
  const i = random.integer(8);
  const over = after(OVER, i);
  const answer = after(TO, OVER.indexOf(over));
  return { question: FROM[i]!, answers: [answer], support: [FROM[i]!, over] };
}

/** Knows the form, and takes a word that it has seen four times in five: what the model learns before. */
function wanderer(random: Random): Policy {
  return {
    generate: async (prompts) =>
      prompts.map((segments) => {
        const seen = segments.flatMap(({ text }) => FREE_WORDS.filter((w) => text.includes(w)));
        const word = random.choice(random.integer(5) > 0 ? seen : FREE_WORDS.slice(0, 24));
        const turn = segments.filter(({ kind }) => kind === 'policy').length;
        const tag = turn < SEARCHES ? 'search' : 'answer';
        return { speaker: 'assistant', kind: 'policy', turn, text: `<${tag}>${word}</${tag}>` };
      }),
  };
}

export function wandering(count: number): Promise<Trajectory[]> {
  const random = createRandom(0);
  const tasks = Array.from({ length: count }, () => chainTask(random));
  return collect(chains('evidence'), wanderer(random), { tasks, seed: 0, maxTokens: 1 });
}
