import type { MathGrade } from '../judges/maths/graders/gradeMath.ts';

/** A sample whose grader threw: it counts as wrong and has no vote. */
export interface UngradedSample {
  /** The problem's. */
  id: string;
  /** Which of its samples, from 0. */
  sample: number;
  /** What the grader threw. */
  error: string;
}

/** How the samples of a problem were graded. */
export interface GradedSamples {
  correct: boolean[];
  answers: (string | null)[];
  ungraded: UngradedSample[];
}

/** Grades the samples of a problem, each by itself: a grader that throws spoils one sample, not a benchmark. */
export function gradeSamples(
  { id, answer }: { id: string; answer: string },
  texts: readonly string[],
  grade: (gold: string, completion: string) => MathGrade,
): GradedSamples {
  const graded: GradedSamples = { correct: [], answers: [], ungraded: [] };
  for (const [sample, text] of texts.entries()) {
    try {
      const { correct, answer: said } = grade(answer, text) ?? {};
      if (typeof correct !== 'boolean' || (said !== null && typeof said !== 'string')) {
        const got = JSON.stringify({ correct, answer: said });
        throw new TypeError(
          `grade must return { correct: boolean, answer: string | null }, got ${got}`,
        );
      }
      graded.correct.push(correct);
      graded.answers.push(said);
    } catch (error) {
      graded.correct.push(false);
      graded.answers.push(null);
      graded.ungraded.push({
        id,
        sample,
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return graded;
}
