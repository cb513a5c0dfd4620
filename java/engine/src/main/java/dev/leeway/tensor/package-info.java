/** Tensors in a back end's memory, planned before they are allocated. */
package dev.leeway.tensor;
