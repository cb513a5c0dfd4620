/**
 * Tensors in a back end's memory, planned before they are allocated.
 *
 * <p>A {@link dev.leeway.tensor.Device} is a back end with its stream. Whoever needs memory reserves {@link dev.leeway.tensor.Tensor}s
 * on a {@link dev.leeway.tensor.MemoryPlan}, which knows the bytes of each purpose before the first one is allocated.
 */
package dev.leeway.tensor;
