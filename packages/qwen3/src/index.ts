export { Qwen3Error, type Qwen3ErrorCode } from './base/errors.ts';
export type { TextRange } from './chat/addedTokens.ts';
export type { ChatMessage, TextPart, ToolCall } from './chat/chatMessage.ts';
export {
  type ChatTemplate,
  createChatTemplate,
  type EncodeTemplateOptions,
  type RenderTemplateOptions,
} from './chat/createChatTemplate.ts';
export {
  createTokenizer,
  type DecodeOptions,
  type EncodeOptions,
  type Tokenizer,
} from './chat/createTokenizer.ts';
export { type EncodeChatOptions, encodeChat } from './chat/encodeChat.ts';
export { type ExtensionBreak, findExtensionBreak } from './chat/findExtensionBreak.ts';
export { loadChatTemplate } from './chat/loadChatTemplate.ts';
export { loadTokenizer } from './chat/loadTokenizer.ts';
export { opensThought } from './chat/opensThought.ts';
export { type RenderChatOptions, renderChat } from './chat/renderChat.ts';
export {
  type RenderedSegments,
  type RenderSegmentsOptions,
  renderSegments,
  type TokenRole,
} from './chat/renderSegments.ts';
export type { Segment, SegmentTokens } from './chat/segment.ts';
export type { Specials, SpecialsOption } from './chat/specials.ts';
export type { TemplateMessage } from './chat/templateMessage.ts';
export { CHAT_FORMATS, type ChatFormat } from './chat/turnFormats.ts';
export { formatConfig } from './checkpoint/formatConfig.ts';
// `loadQwen3` and `saveQwen3`: the older names, kept for who has them
export {
  type LoadModelOptions,
  type LoadModelOptions as LoadQwen3Options,
  loadModel,
  loadModel as loadQwen3,
} from './checkpoint/loadModel.ts';
export { openSafetensors, type SafetensorsFile } from './checkpoint/openSafetensors.ts';
export { parseConfig } from './checkpoint/parseConfig.ts';
export { getFiles, putFiles, removeFiles } from './checkpoint/putFiles.ts';
export { readSafetensors, type StoredTensor } from './checkpoint/readSafetensors.ts';
export type { SafetensorsDtype, SafetensorsEntry } from './checkpoint/safetensorsHeader.ts';
export {
  type SavedModel,
  type SavedModel as SavedQwen3,
  type SaveModelOptions,
  type SaveModelOptions as SaveQwen3Options,
  saveModel,
  saveModel as saveQwen3,
} from './checkpoint/saveModel.ts';
export type { WeightDtype } from './checkpoint/weightDtype.ts';
export { type WriteSafetensorsOptions, writeSafetensors } from './checkpoint/writeSafetensors.ts';
export type { Completion } from './generate/completion.ts';
export {
  type CompletionTextOptions,
  completionText,
  type TextTokenizer,
} from './generate/completionText.ts';
export { generate } from './generate/generate.ts';
export { generateByForward } from './generate/generateByForward.ts';
export type { DrawOptions, GenerateOptions } from './generate/generateOptions.ts';
export {
  type PolicyRequest,
  type Qwen3Policy,
  type Qwen3PolicyOptions,
  qwen3Policy,
  type SampledSegment,
} from './generate/qwen3Policy.ts';
export type { Sampler } from './generate/sampleFitting.ts';
export { sampleSeeds } from './generate/sampleSeeds.ts';
export { type StreamChunk, stream } from './generate/stream.ts';
export { type LoadGgufOptions, loadGguf } from './gguf/loadGguf.ts';
export { type SaveGgufOptions, saveGguf } from './gguf/saveGguf.ts';
export { type AddLoraOptions, addLora } from './lora/addLora.ts';
export { type LoadAdapterOptions, loadAdapter } from './lora/loadAdapter.ts';
export { mergeLora } from './lora/mergeLora.ts';
export { type SaveAdapterOptions, saveAdapter } from './lora/saveAdapter.ts';
export { removeAdapter, setAdapter, withAdapter } from './lora/withAdapter.ts';
export { withoutAdapter } from './lora/withoutAdapter.ts';
export type { Adapter, LayerSettings } from './model/adapter.ts';
export { type CreateQwen3Options, createQwen3 } from './model/createQwen3.ts';
export type { ForwardInput } from './model/inputTensors.ts';
export type { LanguageModel, ModelInput } from './model/languageModel.ts';
export type { LinearModule } from './model/layerDescription.ts';
export type { ModelType } from './model/modelTypes.ts';
export { type PackedBatchOptions, packedBatch } from './model/packedBatch.ts';
export { parameterShapes } from './model/parameterShapes.ts';
export { type PrefixTree, sharedTokens } from './model/prefixTree.ts';
export { Qwen3 } from './model/qwen3.ts';
export type { MoeConfig, Qwen3Config } from './model/qwen3Config.ts';
export type { RopeScaling } from './model/ropeScaling.ts';
export { type RopeTablesOptions, ropeTables } from './model/ropeTables.ts';
export { TINY_CONFIG } from './model/tinyConfig.ts';
export { type TokenBatch, type TokenBatchOptions, tokenBatch } from './model/tokenBatch.ts';
export {
  type MemoryPlan,
  type PlanMemoryOptions,
  PROCESS_BYTES,
  planMemory,
} from './plan/planMemory.ts';
export { addGradients, type Gradients } from './train/gradients.ts';
export type {
  RefInput,
  ScoredTargets,
  ScoreTargetsOptions,
  TargetGradients,
} from './train/scoredTargets.ts';
export {
  type ScoredSequence,
  type ScoreLogprobsOptions,
  scoreLogprobs,
} from './train/scoreLogprobs.ts';
export { scoreTargets } from './train/scoreTargets.ts';
export {
  type SelectTargetsOptions,
  selectTargets,
  type TrainingSequence,
} from './train/selectTargets.ts';
export {
  type ScoringInput,
  type TargetLogprobsOptions,
  targetLogprobs,
} from './train/targetLogprobs.ts';
export type { Targets } from './train/targets.ts';
