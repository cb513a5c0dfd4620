/** Measurements of Leeway: what {@link dev.leeway.bench.RunAll} runs, and how it tells. */
package dev.leeway.bench;
