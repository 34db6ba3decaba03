export type { CollectOptions, CollectProgress } from './episode/collect.ts';
export { collect } from './episode/collect.ts';
export type {
  Environment,
  EnvironmentDefinition,
  Episode,
  ResetOptions,
  StepOptions,
  StepResult,
} from './episode/defineEnvironment.ts';
export { defineEnvironment } from './episode/defineEnvironment.ts';
export type { GenerateOptions, Policy } from './episode/policy.ts';
export type { EfEnvErrorCode } from './errors.ts';
export { EfEnvError } from './errors.ts';
export type { Estimate, EvaluateOptions, EvaluateResult } from './evaluation/evaluate.ts';
export { evaluate } from './evaluation/evaluate.ts';
export { bootstrapMean, wilsonInterval } from './evaluation/intervals.ts';
export { majorityAtK } from './evaluation/majorityAtK.ts';
export { majorityVote } from './evaluation/majorityVote.ts';
export { gPassAtK, meanGPassAtK, passAllK, passAtK } from './evaluation/passAtK.ts';
export type { PromptPreset } from './evaluation/promptPresets.ts';
export { PROMPT_PRESETS } from './evaluation/promptPresets.ts';
export type {
  Benchmark,
  BenchmarkProblem,
  ReadBenchmarkOptions,
} from './evaluation/readBenchmark.ts';
export { readBenchmark } from './evaluation/readBenchmark.ts';
export type { CodewordsFeedback } from './feedback/codewordsFeedback.ts';
export { codewordsFeedback } from './feedback/codewordsFeedback.ts';
export type { AccuracyRewardOptions } from './graders/math/accuracyReward.ts';
export { accuracyReward } from './graders/math/accuracyReward.ts';
export { afterThinking } from './graders/math/afterThinking.ts';
export type { ExtractAnswerOptions, ExtractedAnswer } from './graders/math/extractAnswer.ts';
export { extractAnswer } from './graders/math/extractAnswer.ts';
export type { ExtractLetterOptions } from './graders/math/extractLetter.ts';
export { extractLetter } from './graders/math/extractLetter.ts';
export { lastBoxed } from './graders/math/findBoxes.ts';
export type { GradeMathOptions, MathGrade } from './graders/math/gradeMath.ts';
export { gradeMath } from './graders/math/gradeMath.ts';
export { gsm8kAnswer, lastInteger } from './graders/math/gsm8kAnswer.ts';
export { hendrycksEqual, hendrycksNormalize } from './graders/math/hendrycksEqual.ts';
export type { MathEqualOptions } from './graders/math/mathEqual.ts';
export { mathEqual } from './graders/math/mathEqual.ts';
export type { MinervaGradeOptions } from './graders/math/minervaGrade.ts';
export { minervaGrade, minervaNormalize } from './graders/math/minervaGrade.ts';
export { prm800kGrade, prm800kNormalize, splitTuple } from './graders/math/prm800kGrade.ts';
export type { TrlAccuracyRewardOptions } from './graders/math/trlAccuracyReward.ts';
export { trlAccuracyReward } from './graders/math/trlAccuracyReward.ts';
export { parseAnswer } from './graders/parseAnswer.ts';
export type { Random } from './random.ts';
export { createRandom, mixSeeds, restoreRandom } from './random.ts';
export type { JudgeRewardOptions } from './rewards/judgeReward.ts';
export { judgeReward } from './rewards/judgeReward.ts';
export type { PromptEnvironmentOptions } from './rewards/promptEnvironment.ts';
export { promptEnvironment } from './rewards/promptEnvironment.ts';
export { rewardEach } from './rewards/rewardEach.ts';
export type {
  Columns,
  RewardFunction,
  RewardOptions,
  Rubric,
  RubricItem,
  RubricScores,
} from './rewards/rubric.ts';
export { rubric } from './rewards/rubric.ts';
export { scoreTrajectories } from './rewards/scoreTrajectories.ts';
export type { Split } from './tasks/codewords/chainSplit.ts';
export { chainSplit } from './tasks/codewords/chainSplit.ts';
export type { CodewordsOptions } from './tasks/codewords/codewords.ts';
export { codewords } from './tasks/codewords/codewords.ts';
export type { CodewordsTask, CodewordsTaskOptions } from './tasks/codewords/codewordsTask.ts';
export { codewordsTask } from './tasks/codewords/codewordsTask.ts';
export type { DefinitionsTaskOptions } from './tasks/codewords/definitionsTask.ts';
export { definitionsTask } from './tasks/codewords/definitionsTask.ts';
export { DOMAIN_WORDS, FREE_WORDS, LEXICON } from './tasks/codewords/lexicon.ts';
export { miscTask } from './tasks/codewords/miscTask.ts';
export type { Operation } from './tasks/codewords/operations.ts';
export { applyOperations, OPERATION_NAMES } from './tasks/codewords/operations.ts';
export type { PlainTask } from './tasks/codewords/plainTask.ts';
export { plainTask } from './tasks/codewords/plainTask.ts';
export type { GymFamily, GymItem, GymReferenceContext, GymVerdict } from './tasks/gym/gymFamily.ts';
export { wrongArithmeticStep } from './tasks/gym/wrongArithmeticStep.ts';
export type { GymFamilyName } from './tasks/gymFamilies.ts';
export { GYM_FAMILIES } from './tasks/gymFamilies.ts';
export type { GymSampler, GymSamplerOptions, GymSamplerState } from './tasks/gymSampler.ts';
export { gymSampler } from './tasks/gymSampler.ts';
export type { GymScore, GymScoreOptions } from './tasks/gymScore.ts';
export { gymScore } from './tasks/gymScore.ts';
export type { GymTask, GymTaskOptions } from './tasks/gymTask.ts';
export { gymTask } from './tasks/gymTask.ts';
export type { QuizTask } from './tasks/quiz.ts';
export { quiz } from './tasks/quiz.ts';
export type { ReasoningGymOptions } from './tasks/reasoningGym.ts';
export { reasoningGym } from './tasks/reasoningGym.ts';
export type { AppendTrajectoriesOptions } from './trajectory/appendTrajectories.ts';
export { appendTrajectories } from './trajectory/appendTrajectories.ts';
export type { AgentTraceRow, ImportAgentTraceOptions } from './trajectory/importAgentTrace.ts';
export { importAgentTrace } from './trajectory/importAgentTrace.ts';
export type {
  ConversationMessage,
  ConversationRow,
  ImportConversationOptions,
} from './trajectory/importConversation.ts';
export { importConversation } from './trajectory/importConversation.ts';
export type { ReadTrajectoriesOptions } from './trajectory/readTrajectories.ts';
export { readTrajectories } from './trajectory/readTrajectories.ts';
export type {
  RewardSpan,
  SampledTokens,
  Segment,
  SegmentKind,
  Speaker,
} from './trajectory/segment.ts';
export type { StopReason, Trajectory } from './trajectory/trajectory.ts';
export { validateTrajectory } from './trajectory/validateTrajectory.ts';
