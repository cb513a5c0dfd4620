/**
 * Benchmarks, and what runs them. A {@link dev.leeway.eval.Benchmark} says what a model is asked ({@link dev.leeway.eval.Request}) and
 * what its {@link dev.leeway.eval.Response} is worth ({@link dev.leeway.eval.Score}); a {@link dev.leeway.eval.Subject} answers. What is
 * missing is missing with its reason and counted, never a number.
 */
package dev.leeway.eval;
