/** Decoders of the Llama family: configuration, layers, heads, weights. */
package dev.leeway.model;
