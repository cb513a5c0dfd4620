/** One JMH class for each phase of a run: text, a training step, decoding, checkpoints. */
package dev.leeway.bench.phases;
