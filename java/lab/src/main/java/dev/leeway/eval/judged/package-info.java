/**
 * Benchmarks whose answers judges rate on a scale: traits, emergent misalignment, persuasion, toxicity. Beside them what every judged
 * benchmark needs: all judges asked ({@link dev.leeway.eval.judged.Panel}) and rows read ({@link dev.leeway.eval.judged.Fields}).
 */
package dev.leeway.eval.judged;
