/** What {@code reward-values} tells beside its contrasts. */
package dev.leeway.study.values;
