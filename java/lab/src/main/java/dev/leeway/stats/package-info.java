/**
 * Statistics of evaluations: intervals, paired and unpaired tests, corrections, regressions with clustered errors, and the measures that
 * the studies define. Everything is a pure function; what draws random numbers takes a seed.
 */
package dev.leeway.stats;
