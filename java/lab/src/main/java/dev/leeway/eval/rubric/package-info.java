/**
 * Benchmarks with a rubric: an answer is held against each dimension that its question carries, by a judge who sees that dimension alone.
 * AHB and MORU are this with different data.
 */
package dev.leeway.eval.rubric;
