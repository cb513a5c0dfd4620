/**
 * Text and token ids: {@code tokenizer.json} in both directions, whole or streamed, and the training of a byte-level BPE vocabulary. And
 * what rules read out of a text: its language, its capitals, its final number, its code.
 */
package dev.leeway.text;
