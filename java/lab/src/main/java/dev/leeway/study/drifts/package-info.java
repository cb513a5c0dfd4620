/** What {@code value-drifts} tells beside its contrasts: how far and how fast stances move, which phase moves them, and by which pairs. */
package dev.leeway.study.drifts;
