/**
 * Text and token ids: {@code tokenizer.json} in both directions, whole or streamed, and the training of a byte-level BPE vocabulary.
 */
package dev.leeway.text;
