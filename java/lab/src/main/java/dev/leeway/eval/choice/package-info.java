/** Benchmarks of given options: which one a model finds most probable, nothing drawn. */
package dev.leeway.eval.choice;
