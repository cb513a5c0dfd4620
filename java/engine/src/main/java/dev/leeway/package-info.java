/**
 * {@link dev.leeway.LeewayException}, the one failure that users of Leeway see.
 *
 * <p>The packages below are made for one thread at a time, that of the {@link dev.leeway.tensor.Device} they work on; the device uses as
 * many threads as it has. Letters of shapes: {@code N} positions of a packed batch, {@code S} sequences, {@code C} hidden size,
 * {@code V} vocabulary, {@code R} LoRA rank. Log-probabilities, losses and entropies are in nats, memory in bytes, times in seconds.
 * Options have the names of transformers, TRL and PEFT, in camelCase.
 */
package dev.leeway;
