/** The optimiser, learning-rate schedules, and the training loop. */
package dev.leeway.train;
