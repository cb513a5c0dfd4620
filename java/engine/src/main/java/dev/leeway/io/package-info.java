/**
 * Files: safetensors, Hugging Face directories, PEFT adapter directories, and strict JSON.
 * <p>
 * This package knows names, types, shapes and bytes; it knows nothing of tensors or models. Whatever is wrong with a file is said in one
 * sentence by a {@link dev.leeway.LeewayException}: which file, which entry, what was expected, what was found.
 */
package dev.leeway.io;
