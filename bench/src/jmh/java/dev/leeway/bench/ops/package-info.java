/** One JMH class for each op, or pair of ops, of {@code leeway.h}, compared with an oracle in double before it is timed. */
package dev.leeway.bench.ops;
