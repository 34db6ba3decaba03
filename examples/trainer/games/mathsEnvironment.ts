import { defineEnvironment, type Environment, gradeMath } from '@molrl/ef-env';

export interface Problem {
  question: string;
  /** A bare answer, or a solution with its answer in a box or after `####`. */
  answer: string;
}

/** Problems judged by the maths grader. @param feedback - Says what is wrong, and lets the model try again. */
export const mathsEnvironment = ({
  system,
  feedback = false,
}: {
  system?: string | undefined;
  feedback?: boolean;
}): Environment<Problem> =>
  defineEnvironment<Problem, Problem>({
    name: 'maths',
    system,
    reset: (problem) => ({ observation: problem.question, state: problem }),
    step: ({ answer }, completion) => {
      const grade = gradeMath(answer, completion);
      const reward = Number(grade.correct);
      if (!feedback) return { reward, done: true };
      return { reward, done: grade.correct, feedback: feedbackOf(grade) };
    },
  });

function feedbackOf({ correct, answer }: ReturnType<typeof gradeMath>): string {
  if (correct) return 'Right.';
  if (answer === null) return 'No answer was found. End with the answer in \\boxed{}. Try again.';
  return `Wrong: ${answer} is not the answer. Check each step and try again.`;
}
