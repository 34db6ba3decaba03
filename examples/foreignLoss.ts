// qwen3 and its tape under a loss that none of our packages knows: label smoothing, written in plain tfjs ops.
import { fileURLToPath } from 'node:url';
import { loadModel, loadTokenizer, packedBatch, selectTargets } from '@molrl/qwen3';
import { adamw, openCpu, record, selectRows } from '@molrl/tensor-gpu';
import * as tf from '@tensorflow/tfjs-core';

const steps = Number(process.argv[2] ?? 30);
const SMOOTHING = 0.1;

const device = await openCpu();
const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url));
const model = await loadModel(folder);
const tokenizer = await loadTokenizer(folder);

const lines = [
  'It is a truth universally acknowledged,',
  'that a single man in possession of a good fortune,',
  'must be in want of a wife.',
];
const sequences = lines.map((line) => {
  const ids = tokenizer.encode(line);
  return { ids, roles: ids.map(() => 'general') };
});
const batch = packedBatch(sequences);
const { rows, ids: targetIds } = selectTargets(batch, sequences);

/**
 * Cross-entropy to (1 - s) one-hot + s uniform.
 *
 * @see Szegedy et al. 2015: https://arxiv.org/abs/1512.00567
 */
function labelSmoothing(logits: tf.Tensor2D, targets: Int32Array): tf.Scalar {
  const logprobs = tf.logSoftmax(logits);
  const hit = tf.sum(
    tf.mul(tf.oneHot(tf.tensor1d(targets, 'int32'), logits.shape[1]), logprobs),
    -1,
  );
  const uniform = tf.mean(logprobs, -1);
  return tf.neg(
    tf.mean(tf.add(tf.mul(hit, 1 - SMOOTHING), tf.mul(uniform, SMOOTHING))),
  ) as tf.Scalar; // mean of all
}

const parameters = model.trainable();
const optimizer = adamw(parameters, { learningRate: 1e-3, weightDecay: 0 });
for (let step = 1; step <= steps; step++) {
  const { value: loss, tape } = record(() => {
    const hidden = tf.reshape(model.forward(batch), [-1, model.config.hiddenSize]);
    const picked = selectRows(hidden, tf.tensor1d(rows, 'int32'));
    return labelSmoothing(
      tf.matMul(picked as tf.Tensor2D, model.head() as tf.Tensor2D, false, true),
      targetIds,
    ); // both are matrices
  });
  const one = tf.scalar(1);
  const gradients = tape.backward([[loss, one]], parameters);
  await optimizer.step(gradients, { maxGradNorm: 1 });
  if (step === 1 || step % 10 === 0 || step === steps) {
    process.stdout.write(`step ${step}  loss ${(await loss.data())[0]?.toFixed(4)}\n`);
  }
  tf.dispose([loss, one, gradients]);
}

optimizer.dispose();
model.dispose();
device.dispose();
