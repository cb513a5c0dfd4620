/** Benchmarks of the toy world, which rules grade. */
package dev.leeway.eval.toy;
